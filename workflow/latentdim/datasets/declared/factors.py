"""Published sets of known factors, every combination of which is an image, declared."""

from latentdim.datasets.dsprites import DspritesOptions
from latentdim.datasets.shapes3d import Shapes3dOptions
from latentdim.datasets.sprites import SpritesOptions
from latentdim.registry.declarations import Dataset

DSPRITES = Dataset(
    name="dsprites",
    title="dSprites",
    pattern="dsprites",
    options=DspritesOptions,
    inspect="latentdim.datasets.dsprites:inspect",
    prepare="latentdim.datasets.dsprites:prepare",
    in_random_order=True,
    factor_space="latentdim.datasets.dsprites:factor_space",
    source="one npz or hdf5 file of github.com/google-deepmind/dsprites-dataset, from a folder or downloaded",
    licence="Apache-2.0 (the repository's); drawn with LÖVE, zlib licence",
    citation="L. Matthey, I. Higgins, D. Hassabis and A. Lerchner (2017), dSprites: Disentanglement testing Sprites "
    "dataset, github.com/deepmind/dsprites-dataset",
)

SHAPES3D = Dataset(
    name="shapes3d",
    title="3D Shapes",
    pattern="shapes3d",
    options=Shapes3dOptions,
    inspect="latentdim.datasets.shapes3d:inspect",
    prepare="latentdim.datasets.shapes3d:prepare",
    in_random_order=True,
    factor_space="latentdim.datasets.shapes3d:factor_space",
    source="the file 3dshapes.h5 of github.com/google-deepmind/3d-shapes, from a folder or downloaded",
    licence="Apache-2.0 (the repository's)",
    citation="C. Burgess and H. Kim (2018), 3D Shapes Dataset, github.com/deepmind/3dshapes-dataset",
)

SPRITES = Dataset(
    name="sprites",
    title="SPRITES",
    pattern="sprites",
    options=SpritesOptions,
    inspect="latentdim.datasets.sprites:inspect",
    prepare="latentdim.datasets.sprites:prepare",
    in_random_order=True,
    factor_space="latentdim.datasets.sprites:factor_space",
    source="composed from the character sheets of github.com/YingzhenLi/Sprites, commit 3ce4048 (art of the Liberated "
    "Pixel Cup and the Universal LPC spritesheet project), from a folder or downloaded",
    licence="CC-BY-SA 3.0 or GPL 3.0, frames and pictures of them too; the prepared data name those to credit",
    citation="Y. Li and S. Mandt (2018), Disentangled Sequential Autoencoder, ICML; Liberated Pixel Cup, "
    "lpc.opengameart.org; Universal LPC spritesheet, github.com/jrconway3/Universal-LPC-spritesheet",
)

FACTORS = (DSPRITES, SHAPES3D, SPRITES)
