"""Every hyperparameter of a model: the object whose hash is the `model_id`.

Lengths, times and masses are the simulation's, in SI units. Defaults are those of the reference
study of 2024. Only fields and bounds live here: quantities derived from them belong to the
modules that compute with them, where they count for the code hash. Bounds are wider than any study
of a hand needs, and narrow enough for single precision.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from steadyhand.config.base import Integer, Integers, Strict, quantity
from steadyhand.config.context import Context
from steadyhand.config.contradictions import contradiction
from steadyhand.config.numbers import InOrder, Real
from steadyhand.config.schedule import Schedule


class Plant(Strict):
    """The simulated hand: a point mass in the plane, integrated by explicit Euler steps."""

    mass: float = quantity(1.0, "kg", "Mass of the hand.", ge=1e-3, le=1e3)
    damping: Real = quantity(0.0, "N s m-1", "Linear drag that opposes the velocity.", ge=0, le=1e4)
    time_step: float = quantity(
        0.05, "s", "Duration of one step of control and integration.", gt=1e-5, le=1
    )


class Network(Strict):
    """The controller."""

    type: Literal["gru", "vanilla", "lstm"] = Field(
        "gru", description="Kind of recurrent cell; its readout is linear. [name]"
    )
    hidden_size: Integer = quantity(50, "1", "Number of hidden units.", ge=1, le=4096)
    leak: float = quantity(
        1.0,
        "1",
        "Share of its activity that a unit renews in a step, time step over time constant (vanilla "
        "only: h' = (1 − leak)·h + leak·tanh(W x + U h + b)).",
        ge=1e-3,
        le=1,
    )


class Feedback(Strict):
    """What the controller senses of the hand."""

    delay: Integer = quantity(
        0, "steps", "Age of the sensed position and velocity.", ge=0, le=9_997
    )
    noise_std: Real = quantity(
        0.01, "m, m s-1", "Standard deviation of the noise on each sensed component.", ge=0, le=10
    )


class Motor(Strict):
    """How the controller's command becomes a force."""

    noise_std: Real = quantity(
        0.01,
        "1",
        "Standard deviation of the noise that is proportional to the command.",
        ge=0,
        le=10,
    )
    additive_ratio: Real = quantity(
        1.8, "N", "Additive noise, as a multiple of `noise_std`.", ge=0, le=100
    )
    rise_time: Real = quantity(
        0.0, "s", "Time constant with which a force grows to the command; 0: at once.", ge=0, le=100
    )
    decay_time: Real = quantity(
        0.0, "s", "Time constant with which it falls to the command; 0: at once.", ge=0, le=100
    )


class Task(Strict):
    """The random reaches of training: start and goal uniform in a square, goal always shown."""

    n_steps: Integer = quantity(  # the 10 states that count as the end, and the start
        100, "steps", "Stored states of a trial; one update fewer is made.", ge=11, le=10_000
    )
    workspace_min: Real = quantity(
        -1.0, "m", "Lower edge of the workspace, both axes.", ge=-100, le=100
    )
    workspace_max: Real = quantity(
        1.0, "m", "Upper edge of the workspace, both axes.", ge=-100, le=100
    )


class TrainingField(Strict):
    """The unpredictable force field of training, drawn anew for each trial."""

    type: Literal["curl", "constant"] = Field(
        "curl", description="Curl: force perpendicular to velocity; constant: a fixed force. [name]"
    )
    std: Real = quantity(
        0.0,
        "N s m-1 or N",
        "Standard deviation of the field's amplitude over trials.",
        ge=0,
        le=100,
    )


class Loss(Strict):
    """Weights of the terms of the loss."""

    # Wide: losses that overflow where a network fails are how its divergence is found.
    effector_position: Real = quantity(1.0, "m-2", "Weight of the squared distance.", ge=0, le=1e38)
    position_exponent: Real = quantity(
        6.0, "1", "The distance counts as (k/K)^exponent at update k of K.", ge=0, le=100
    )
    effector_final_velocity: Real = quantity(
        1.0, "s2 m-2", "Weight of the squared velocity at the end.", ge=0, le=1e6
    )
    nn_output: Real = quantity(1e-5, "N-2", "Weight of the squared motor command.", ge=0, le=1e6)
    nn_hidden: Real = quantity(1e-5, "1", "Weight of the squared hidden activity.", ge=0, le=1e6)
    readout_norm: Real = quantity(
        0.0, "1", "Weight of (‖W‖ − `readout_norm_value`)², W the readout's weights.", ge=0, le=1e6
    )
    readout_norm_value: Real = quantity(
        2.0, "N", "Frobenius norm that the readout is drawn to.", ge=0, le=1e3
    )


# Bounds of what may be left out stand here: only so does the schema for editors show them.
ClipNorm = Annotated[float, Field(ge=1e-9, le=1e9)]


class Optimizer(Strict):
    """Adam, with decoupled weight decay (AdamW) or without."""

    type: Literal["adamw", "adam"] = Field("adamw", description="Kind of optimizer. [name]")
    learning_rate: float = quantity(0.01, "1", "Learning rate at the start.", ge=1e-9, le=10)
    # What rounds to 1 in single precision would divide by zero in the first batch.
    beta1: Real = quantity(0.9, "1", "Decay of the mean of gradients.", ge=0, le=0.99999)
    beta2: Real = quantity(0.999, "1", "Decay of the mean of squared gradients.", ge=0, le=0.99999)
    epsilon: float = quantity(1e-8, "1", "Added to the root of the squared mean.", ge=1e-12, le=1)
    weight_decay: Real = quantity(0.0, "1", "Decoupled weight decay (adamw).", ge=0, le=1)
    clip_norm: ClipNorm | None = quantity(
        None, "1", "Norm to which a longer gradient is shortened; null: none is."
    )


class Selection(Strict):
    """Which snapshot of each replicate is used, and which replicates are."""

    grid: Integer = quantity(2, "1", "Centres of the validation reaches per axis.", ge=1, le=50)
    directions: Integer = quantity(24, "1", "Directions of the validation reaches.", ge=1, le=360)
    reach_length: float = quantity(0.5, "m", "Length of the validation reaches.", ge=1e-3, le=200)
    criterion: Literal["validation_loss", "end_position_error"] = Field(
        "validation_loss", description="Measure by which replicates are judged. [name]"
    )
    rule: Literal["mad", "std", "none"] = Field(
        "mad",
        description=(
            "Exclusion beyond `threshold` robust deviations from the median (mad), beyond "
            "`threshold` standard deviations from the best (std, the reference's), or none. [name]"
        ),
    )
    threshold: float = quantity(
        5.0, "1", "Deviations that a replicate may be off.", ge=1e-3, le=1e3
    )
    tolerance: Real = quantity(
        0.5,
        "1",
        "Excess over the median, as a fraction of it, that never excludes (mad).",
        ge=0,
        le=1e3,
    )
    exclude: Annotated[Integers, InOrder] = quantity(
        (), "1", "Numbers of replicates that are excluded by hand."
    )


class Hyperparameters(Strict):
    """One training condition, with nothing left open."""

    replicates: Integer = quantity(
        5, "1", "Networks that differ only by their draws.", ge=1, le=1000
    )
    seed: Integer = quantity(0, "1", "Root of all random draws of the training.", ge=0, lt=2**31)
    paired: bool = Field(
        True,
        description=(
            "Whether the same replicate of another model sees the same initial weights, trials "
            "and noise. [true or false]"
        ),
    )
    plant: Plant = Field(Plant(), description="The simulated hand.")
    network: Network = Field(Network(), description="The controller.")
    feedback: Feedback = Field(Feedback(), description="What the controller senses.")
    motor: Motor = Field(Motor(), description="How its command becomes a force.")
    task: Task = Field(Task(), description="The reaches of training.")
    field: TrainingField = Field(TrainingField(), description="The force field of training.")
    context: Context = Field(Context(), description="What it is told of the field.")
    loss: Loss = Field(Loss(), description="What training minimises.")
    optimizer: Optimizer = Field(Optimizer(), description="How it does so.")
    schedule: Schedule = Field(Schedule(), description="How long.")
    selection: Selection = Field(Selection(), description="What is kept of it.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if problem := contradiction(self):
            raise ValueError(problem)
        return self
