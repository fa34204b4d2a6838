"""The datasets that come with the suite, declared, one file for each way they are had. All of it is free of torch."""

from latentdim.datasets.declared.factors import FACTORS
from latentdim.datasets.declared.made import MADE
from latentdim.datasets.declared.own import OWN
from latentdim.datasets.declared.published import PUBLISHED

DATASET = (*MADE, *PUBLISHED, *FACTORS, *OWN)
