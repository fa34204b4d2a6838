"""Published data that are downloaded or laid down by the user, declared."""

from latentdim.datasets.mnist import MnistOptions
from latentdim.declarations import Dataset

MNIST = Dataset(
    name="mnist",
    title="MNIST",
    pattern=r"mnist(_(?P<size>\d+))?",
    options=MnistOptions,
    look="latentdim.datasets.mnist:look",
    prepare="latentdim.datasets.mnist:prepare",
    source="four idx files, from a folder or through torchvision",
    licence="CC BY-SA 3.0",
    citation="Y. LeCun, L. Bottou, Y. Bengio and P. Haffner (1998), Gradient-based learning applied to document "
    "recognition, Proceedings of the IEEE 86(11)",
)

PUBLISHED = (MNIST,)
