"""An autoencoder that keeps its codes short, declared."""

from pydantic import Field

from latentdim import Method, MethodConfig


class Config(MethodConfig):
    """The method's own setting."""

    weight: float = Field(0.1, ge=0, description="of the codes' squared length")


METHOD = Method(name="shrink", title="Shrink", config=Config, runner="toys.runner:fit", source="this package")
