"""The context input of hybrid networks: what training tells the controller of the field."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from steadyhand.config.base import NotAllowedError, Strict, quantity

Probability = Annotated[float, Field(ge=1e-3, le=1)]


def _implemented(value: Any) -> Any:
    if value == "pai-n":
        raise NotAllowedError(
            "the reference names this method and defines it nowhere, so there is nothing to train; "
            "allowed: 'none', 'bcs', 'dai' or 'pai-asf'"
        )
    return value


class Context(Strict):
    """SISU, a scalar input that informs about the uncertainty of the field; or none.

    `bcs` tells whether the field is active, `dai` its size, `pai-asf` the scale of its spread.
    """

    method: Annotated[Literal["none", "bcs", "dai", "pai-asf"], BeforeValidator(_implemented)] = (
        Field("none", description="What the context input tells; none: there is none. [name]")
    )
    p_active: Probability | None = quantity(
        None, "1", "Share of trials with a field; `bcs` needs it, `dai` and `pai-asf` have 1."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.method in ("dai", "pai-asf") and self.p_active is None:
            # One spelling of one meaning: the id is the hash of what is said here.
            object.__setattr__(self, "p_active", 1.0)
        return self
