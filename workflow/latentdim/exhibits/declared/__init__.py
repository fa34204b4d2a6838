"""The kinds of table and figure, and what a study may ask of each. Free of torch, pandas and matplotlib."""

from latentdim.exhibits.declared.examples import EXAMPLES
from latentdim.exhibits.declared.latent_space import LATENT_SPACE
from latentdim.exhibits.declared.numbers import NUMBERS
from latentdim.exhibits.declared.papers import PAPERS
from latentdim.exhibits.declared.reference_points import REFERENCE_POINTS
from latentdim.exhibits.declared.traces import TRACES

EXHIBIT = (*NUMBERS, *EXAMPLES, *LATENT_SPACE, *PAPERS, *REFERENCE_POINTS, *TRACES)
