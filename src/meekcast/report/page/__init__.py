"""A forecast as one HTML page that needs no network: what it says, its tables, and draws that a reader can question.

`content` gathers what the page's scripts read, `packing` makes the draws small, `write` puts it all into the template.
The scripts compute shares and quantiles of the embedded draws as the reader moves a slider; nothing of that is done
here.
"""
