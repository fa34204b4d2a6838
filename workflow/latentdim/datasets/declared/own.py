"""The user's own data, declared."""

from latentdim.datasets.arrays import Hdf5Options, NpyOptions, NpzOptions
from latentdim.datasets.image_folder import ImageFolderOptions
from latentdim.registry.declarations import THE_USERS, Dataset

IMAGE_FOLDER = Dataset(
    name="image_folder",
    title="Image folder",
    options=ImageFolderOptions,
    inspect="latentdim.datasets.image_folder:inspect",
    prepare="latentdim.datasets.image_folder:prepare",
    check="latentdim.datasets.image_folder:check",
    version=3,
    source="the user's own images",
    licence=THE_USERS,
)

NPY, NPZ, HDF5 = (
    Dataset(
        name=name,
        title=f"Arrays ({name})",
        options=options,
        inspect="latentdim.datasets.arrays:inspect",
        prepare="latentdim.datasets.arrays:prepare",
        version=2,
        source="the user's own arrays",
        licence=THE_USERS,
    )
    for name, options in (("npy", NpyOptions), ("npz", NpzOptions), ("hdf5", Hdf5Options))
)

OWN = (IMAGE_FOLDER, NPY, NPZ, HDF5)
