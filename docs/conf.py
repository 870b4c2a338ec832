"""The documentation site, built by `make docs`: pages are read where they stand, so their links work on a forge too.

Sphinx reads the repository from its root: the pages of docs/, the notebooks with the outputs that they were committed
with, and the documents beside them. Nothing is fetched, neither when the site is built nor when it is read.
"""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "meekcast"
author = project_copyright = "The meekcast developers"
version = release = version_of("meekcast")

root_doc = "docs/index"
include_patterns = ["docs/**.md", "notebooks/*.ipynb", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"]
exclude_patterns = [".*", "build", "dist", "out", "src", "tests", "**/.ipynb_checkpoints"]

extensions = [
    "sphinx.ext.autodoc",
    "numpydoc",
    "myst_nb",
    "sphinx_design",
    "mathml",
    "generated",
]
default_role = "autolink"
smartquotes = False  # options begin with two dashes
autodoc_class_signature = "separated"  # nobody makes a result by hand, so no constructor is shown
autodoc_default_options = {"exclude-members": "__init__, __new__"}
nitpicky = True
nitpick_ignore_regex = [("py:obj", r"meekcast\.\w+\.\w+.*")]  # what is behind the door has no page

nb_execution_mode = "off"  # tests execute them; here stand the outputs of their last run
nb_merge_streams = True
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4

autodoc_typehints = "none"  # docstrings say what types are
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_sidebars = {page: [] for page in ("docs/index", "docs/tutorial", "docs/gallery")}  # they have no section
html_additional_pages = {"index": "front.html"}
templates_path = ["_templates"]
html_copy_source = False
html_show_sourcelink = False
html_math_renderer = "mathml"
html_theme_options = {
    "logo": {"text": project},
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
