"""What is said of files that cannot be read or written, and of headers that are not understood (`files`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "UsageError": {
        "input_no_file": "{file} is {what}. Name a file, or - for standard input.",
        "input_missing": "{file}: there is no such file. Check the name and the folder you are in.",
        "input_unreadable": "{file} cannot be read: {reason}. Check its permissions.",
        "toml_not_read": "{file} cannot be read: {reason}. Check its name, and its permissions.",
        "toml_damaged": "{file} is not written as TOML is: {reason}. Correct it there.",
        "toml_too_long": "{file} has more than {longest} MB, so it is no file of options. Name another.",
        "report_not_read": (
            "{file} is not as bulk has written it: {reason}. Take back what was changed in it, or move it elsewhere."
        ),
        "not_csv": "{file} is no CSV: it is {what}. {way_on}",
        "packed_damaged": (
            "{file} is packed, and what is in it cannot be unpacked: {reason}. Download or copy the file again."
        ),
        "packed_unknown": (
            "{file} is packed in a way that is not known here: {reason}. Unpack it and import what is in it."
        ),
        "zip_without_csv": (
            "{file} is a zip archive without a CSV ({count:file} in it). Unpack it and import what holds your table."
        ),
        "zip_of_several": (
            "{file} is a zip archive of several tables: {members}. Unpack it and import them one by one, so that each"
            " is looked at by itself."
        ),
        "zip_nested": (
            "{file} holds what is packed or a workbook once more: {members}. Unpack it, and import what is in it one"
            " by one."
        ),
        "zip_of_too_many": (
            "{file} holds {count:table}; up to {most} of different names are read as one. Unpack it and import them one"
            " by one."
        ),
        "zip_of_programs": (
            "{file} holds files of several programs, whose columns do not mean the same: {told}. Unpack it and import"
            " them one by one; or say with ⟦preset⟧ which program wrote them all."
        ),
        "zip_of_unlike": (
            "{file} holds tables of different columns: {members}. So it is not known which cells are empty and which"
            " are not there. Unpack it and import them one by one."
        ),
        "member_refused": "{file}: {refusal}",
        "zip_encrypted": "{file} is a zip archive with a password. Unpack it and import what is in it.",
        "workbook_damaged": (
            "{file} is an Excel workbook that cannot be read: {reason}. Open it in a spreadsheet program and save it"
            " again, as an Excel workbook (.xlsx) or as CSV (UTF-8)."
        ),
        "workbook_empty": "{file} is an Excel workbook without a sheet of cells. Check that this is the right file.",
        "sheet_unknown": "{file} has no sheet {sheet!r}. Its sheets: {sheets}. Name one of them with ⟦sheet⟧.",
        "sheet_of_no_workbook": "{file} is no Excel workbook, so it has no sheet {sheet!r}. Leave ⟦sheet⟧ out.",
        "sheet_merged": (
            "The sheet {sheet!r} merges more cells than a table can, for one {range}. Take the merged cells apart, or"
            " save the sheet as CSV (UTF-8)."
        ),
        "file_empty": "{file} is empty{after}: it needs a header row. ⟦template⟧ writes one.",
        "encoding_unknown": (
            "⟦encoding={encoding!r}⟧ is not known. Usual ones: utf-8, cp1252 (Windows, western Europe), latin-1,"
            " utf-16."
        ),
        "byte_order_mark_missing": (
            "{file} does not start with a byte order mark, so it is not {encoding} as such. Leave ⟦encoding⟧ out, or"
            " pass {name}-le or {name}-be if you know it to be that."
        ),
        "byte_order_mark_differs": (
            "{file} starts with the byte order mark of {marked}, so it is not {encoding}. Leave ⟦encoding⟧ out."
        ),
        "utf16_unmarked": "{file} looks like UTF-16 without a byte order mark. Pass ⟦encoding=utf-16-{order}⟧.",
        "not_decodable": (
            "{file}, row {row}: byte {offset} is not {encoding}. Around it the file reads\n"
            "  as cp1252:  {cp1252}\n"
            "  as latin-1: {latin1}\n"
            "If one of these is right, pass ⟦encoding=cp1252⟧ (files from Excel or Outlook on Windows) or "
            "⟦encoding=latin-1⟧; otherwise save the file as UTF-8."
        ),
        "delimiter_invalid": "⟦delimiter={delimiter!r}⟧ is not one character. Use , ; | or tab.",
        "delimiter_wrong": (
            "The header is one single column, {title!r}: the delimiter is probably wrong. Pass ⟦delimiter={delimiter}⟧."
        ),
        "line_too_long": (
            "{file}, row {row}: a line is longer than {limit} MiB, which no table has. "
            "Check that this is the right file, and export it again."
        ),
        "cell_too_long": (
            "{file}, row {row}: a cell is longer than {limit:,} characters. Usually a quote that is opened there and"
            " never closed: close or double it."
        ),
        "quote_unclosed": (
            '{file}, row {row}: a quote (") is opened in this row and never closed, so the rest of the file would be'
            ' one cell. Close it, or write a quote inside a cell as "".'
        ),
        "quote_inside": (
            "{file}, row {row}: a closing quote (\") is followed by something other than a {delimiter} or the line's"
            ' end. Write a quote inside a cell as ""; take away blanks behind a closing one.'
        ),
        "quote_swallows_rows": (
            '{file}, row {row}: a quote (") opened in this row seems to swallow the next {rows:row} into one cell. '
            'Remove the stray quote, or write a quote inside a cell as "".'
        ),
        "blank_before_quote": (
            '{file}, row {row}: a blank stands before an opening quote ("), so that the quotes would be read as part of'
            " the text, and what they enclose might be taken apart. Remove the blanks between delimiter and quote, or"
            " save the file again from a spreadsheet program."
        ),
        "lines_quoted": (
            "{file}: each line is one quoted cell that itself holds the columns, like {line}. Take away the quotes"
            " around the lines; or open the file in a spreadsheet program, split the first column into columns (Text"
            " to Columns), and save it as CSV."
        ),
        "header_not_first": (
            "{file}: the header does not seem to be the first line, which reads {line}. If the table begins below it,"
            " pass ⟦skip_lines={skip_lines}⟧."
        ),
        "header_repeated": (
            "{file}, row {row}: the header names {titles!r} more than once. Rename or remove the repeated columns, so"
            " that each has a name of its own."
        ),
        "key_unknown": "⟦key={key!r}⟧ is no column of this resource.",
        "map_invalid": "⟦map⟧ {text!r} is not of the form 'CSV header=attribute'.",
        "map_user_invalid": "{text!r} is not of the form OLD=NEW, two addresses of users.",
        "map_user_twice": "{user} is mapped twice. Say once who takes the place.",
        "map_twice": "⟦map⟧ is given twice for {title!r}. Keep one of them.",
        "map_title_unknown": "⟦map={title}={attribute}⟧: the file has no column {title!r}.{hint}",
        "map_titles_unknown": (
            "What is said by ⟦map⟧ is of columns that the file does not have: {titles!r}. Its columns: {header}."
        ),
        "map_attribute_unknown": "⟦map={title}={attribute}⟧: there is no column {attribute!r}.{hint}",
        "map_read_only": "⟦map={title}={target}⟧: {attribute} is set by ActiveCampaign, not by an import.",
        "custom_field_ambiguous": (
            "{name!r} is the name of {count} custom fields. Say which is meant: rename the column to one of {ways}, or"
            " use ⟦map⟧."
        ),
        "split_name_unknown": "⟦split_name={title}⟧: the file has no column {title!r}.{hint}",
        "split_name_none": (
            "⟦split_name⟧: no column of the file is called like one of full names. Name the one that is meant:"
            " ⟦split_name=COLUMN⟧."
        ),
        "split_name_several": (
            "⟦split_name⟧: several columns may hold full names: {titles!r}. Name the one that is meant:"
            " ⟦split_name=COLUMN⟧."
        ),
        "split_name_fed": (
            "⟦split_name={title}⟧: the file has a column for {attribute} too, {other!r}. Drop that one with"
            " ⟦map={other}=⟧, or leave ⟦split_name⟧ out."
        ),
        "title_of_field": (
            "The column {title!r} would be read as {attribute}, and the account has a custom field of that name. Say"
            " which is meant: ⟦map={title}={attribute}⟧, or the field by its %TAG%."
        ),
        "header_unclear": "The header is not understood.\n{problems}{mending}",
        "preset_unknown": (
            "⟦preset={name}⟧ is no preset of contacts. There are {known}; or say auto or none. What each reads:"
            " ⟦presets⟧."
        ),
        "preset_not_fitting": (
            "⟦preset={name}⟧: the file has none of the columns {titles!r}, so it is not of that program. Leave ⟦preset⟧"
            " out, and say what the columns are with ⟦map⟧."
        ),
        "set_invalid": "⟦set={column}={value}⟧: {problem} {hint}",
        "set_form_invalid": "⟦set⟧ {text!r} is not of the form COLUMN=VALUE. Write it like tags='From Mailchimp'.",
        "set_twice": "⟦set⟧ is given twice for {column!r}. Keep one of them; only of names, several are added.",
        "set_read_only": "⟦set={column}⟧: {attribute} is set by ActiveCampaign, not by an import. Drop it.",
        "set_column_unknown": "⟦set⟧: there is no column {column!r}.{hint} Name one, or make the custom field first.",
        "set_column_there": (
            "⟦set={column}⟧: the file has that column, {title!r}, and only names (tags, lists) are added to what is"
            " there. Drop the column with ⟦map={title}=⟧, or the ⟦set⟧."
        ),
        "compare_columns_alike": (
            "The columns {first!r} and {second!r} are one and the same. Rename one of them, or take it out."
        ),
        "compare_key_missing": (
            "By {titles} records are matched, and {lacking} of the two has no such column. Export it too; or match by"
            " ids, if both are of one account: ⟦key=id⟧."
        ),
        "workbook_too_wide": (
            "{file}: a workbook has 16,384 columns at most, and these are {columns:,}. Choose fewer columns, or name a"
            " file that ends in .csv."
        ),
        "workbook_full": (
            "{file}: a sheet has {rows:,} rows at most, and there are more. Name a file that ends in .csv."
        ),
        "workbook_cell_too_long": (
            "{file}, row {row}: what belongs into {title!r} is longer than the {limit:,} characters that a cell of a"
            " workbook takes, and would be cut. Name a file that ends in .csv, which takes it."
        ),
        "output_not_written": "{file} cannot be written: {reason}. Choose another place.",
    },
    "AbortedError": {
        "columns_gone": (
            "The account has no more what this job reads columns of its file as: {columns}. In the rows that are left"
            " they would mean something else, so it does not go on. Import its unprocessed.csv and failed.csv by"
            " themselves, and say what the column is: ⟦map={title}=FIELD⟧; or leave it out: ⟦map={title}=⟧"
        ),
    },
    "UnfinishedError": {
        "sheet_disk_full": (
            "What is in the workbook does not fit into {folder}: {reason}. Make room, or name another place by TMPDIR"
        ),
        "compare_disk_full": (
            "What is compared does not fit into {folder}: {reason}. Make room, or name another place by TMPDIR"
        ),
        "input_copy_gone": ("{copy}, the copy of {file} that the job reads, is gone. Go on with: ⟦resume_job={job}⟧"),
        "output_disk_full": "{file} cannot be written: {reason}. Make room",
        "output_in_use": "{file} cannot be replaced: {reason}. Close it where it is open",
    },
}
PARTS: Final[Mapping[str, str]] = {
    "also_nearest": " Nearest: {names}.",
    "column_unknown": "1 column is not known:",
    "columns_unknown": "{count:,} columns are not known:",
    "column_like": "  {title!r}.{like}",
    "column_of_names": "The column {title!r} may hold full names: ⟦split_name={title}⟧ takes them apart.",
    "columns_more": "  and {more:,} more.",
    "columns_alike": "The columns {titles} are both {column}: keep one of them, as {first!r} here.",
    "column_missing": "The file has no column {titles}, which every row needs.{nearest}{hint}",
    "consent_unclear": (
        "These columns may say who must not be mailed, and are not understood: {columns!r}. Say of each what it is:"
        " ⟦map={title}=consent⟧ (yes or a word like subscribed: may be mailed), ⟦map={title}=opted_out⟧ (yes,"
        " or a date: has left). ⟦ignore_unknown⟧ does not leave them out; if they are about something else, this does:"
        "\n  {none}"
    ),
    "header_way_on": (
        "Say what a column is with ⟦map=HEADER=attribute⟧ (⟦empty_map⟧ drops it), or rename it in the file;"
        " ⟦ignore_unknown⟧ drops all that are not known. As suggested, and without the others:"
    ),
    "header_way_on_page": (
        "Choose below what each column becomes. If all stands in one column, say what is between the cells:"
        " ⟦delimiter⟧."
    ),
    "header_way_on_place": (
        "Say what a column is with ⟦map=HEADER=attribute⟧ (⟦empty_map⟧ drops it), or rename it in the file;"
        " ⟦ignore_unknown⟧ drops all that are not known. With the title that holds it for {place}:"
    ),
    "key_id_instead": (
        " Or, if the column id holds ActiveCampaign's own ids of records that are there, pass ⟦key=id⟧."
    ),
    "after_skipped": " after the {lines} skipped lines",
}
