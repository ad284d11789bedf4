"""`bulk app`: a page on this machine for people who do not live in a terminal.

It is a skin: every act is a call of `bulk.library`. Nothing is kept here but what is on its way: jobs lie in their
folders, and files that were dropped beside them (`drafts`, what a person has chosen for one).

`desk` runs jobs beside the pages, so that closing a tab stops nothing; `open_files` has the files that are looked at.
`guards` let nobody in but the person who was given the address; `uploads` takes files as they come; `rendering` fills
`templates/` in, with `words` for codes and states; `server` puts it together, `opening` shows it in a browser. `pages/`
are the screens, `static/` the script and the style.
"""
