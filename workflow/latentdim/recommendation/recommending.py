"""From data to an answer: the study of a recommendation, planned, brought up to date, read and told."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import latentdim
from latentdim.outcomes.outcomes import Outcome, outcomes
from latentdim.plan.plan import Plan
from latentdim.plan.preflight import refuse_hopeless, unwritable
from latentdim.recommendation.announcement import announced, longer_budget
from latentdim.recommendation.budget import CORES, Design, design, protocol_of, seconds_of
from latentdim.recommendation.copies import ADVICE, Copies, copies_in
from latentdim.recommendation.course import FINDER, RELEVANCE, Asked, Evidence, Found, NoSweep, course
from latentdim.recommendation.crew import Crew, crew
from latentdim.recommendation.document import Intrinsic, Recommendation, Size, Vote
from latentdim.recommendation.estimate import Estimating
from latentdim.recommendation.folder import taken
from latentdim.recommendation.page import write_page
from latentdim.recommendation.reasons import advice_of, reasons_of
from latentdim.recommendation.rule import Kind
from latentdim.recommendation.source import Source, data_of, source_of
from latentdim.recommendation.spectrum import SHARES, components_for, spectrum, training_rows
from latentdim.recommendation.study import asked_by, found_in, write_study
from latentdim.registry import methods
from latentdim.system.counting import duration
from latentdim.system.machine import gpus
from latentdim.system.problems import DataRefused, InputError

Say = Callable[[str], None]


def to_stderr(line: str) -> None:
    """Progress where it doesn't mix with results."""
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Request:
    """What is asked.

    Attributes:
        budget: such as ``10m``, meant for two cores.
        out: folder of the study, the page and the answer; under ``reports/recommend`` where None.
    """

    data: str
    budget: str = "10m"
    seeds: int = 3
    device: str = "auto"
    out: Path | None = None
    results: Path = Path("results")
    size: int | None = None
    array: str | None = None
    cores: int = CORES


def recommended(request: Request, *, say: Say = to_stderr) -> Recommendation:
    """Answer a request; whatever was trained for it before is taken as it is.

    Raises:
        InputError: for data or options that can't be used, before anything is trained.
        DataRefused: if no training of the sweep left an error.
        crew.Stopped: if it was asked to stop; the same request goes on.
        crew.Died: if a process that trains ended by itself.
    """
    seconds = seconds_of(request.budget)
    if request.seeds < 1:
        raise InputError("the command line", [f"--seeds {request.seeds}: at least 1"])
    if request.device == "cuda" and not gpus():
        raise InputError("the command line", ["--device cuda: there is no GPU here; 'auto' falls back to the CPU"])
    source = source_of(request.data, results=request.results, size=request.size, array=request.array)
    folder = request.out.resolve() if request.out else Path("reports/recommend") / source.name
    prepared = source.spec.folder(request.results)
    shares = spectrum(training_rows(prepared))
    planned = design(
        tuple(source.described["shape"]), n_train=source.described["n_train"],
        n_linear=components_for(shares, 0.95), budget_seconds=seconds, n_seeds=request.seeds,
    )  # fmt: skip
    if problems := taken(folder, source) or unwritable(folder, "--out"):
        raise InputError("the command line", problems)
    copies, linear = copies_in(prepared), {f"{share:g}": components_for(shares, share) for share in SHARES}
    if copies.most:
        (folder / "index.html").unlink(missing_ok=True)  # of an answer that was given before
        answer = withheld(source, planned, copies, linear=linear, seconds=seconds)
        answer.write(folder)
        return answer
    for line in (*announced(source, planned, seconds, folder), *copies.sentences()):
        say(line)
    with crew(request.cores, results=request.results, device=request.device) as workers:
        estimating = Estimating(prepared)
        trainings = Trainings(source, planned, folder, request.results, workers, say)
        evidence = trainings.all()
        intrinsic = estimating.result()
    answer = told(trainings, evidence, intrinsic, copies=copies, linear=linear, seconds=seconds)
    answer.write(folder)
    if trainings.plan is not None:
        say(f"page: {write_page(trainings.plan, answer, folder)}")
    return answer


@dataclass
class Trainings:
    """The trainings of one recommendation.

    Attributes:
        asked: all of them so far, in the order in which they were asked for.
    """

    source: Source
    design: Design
    folder: Path
    results: Path
    workers: Crew
    say: Say

    def __post_init__(self) -> None:
        self.asked: dict[Asked, None] = {}
        self.plan: Plan | None = None
        self.read: dict[Asked, Outcome] = {}
        self.started = time.monotonic()

    @property
    def n_values(self) -> int:
        """How many values an example has."""
        total = 1
        for length in self.source.described["shape"]:
            total *= length
        return total

    def all(self) -> Evidence:
        """Go through the course of trainings to its end.

        Raises:
            DataRefused: if no training of the sweep left an error.
            Stopped: if asked to stop.
            Died: if a process that trains ended by itself.
        """
        going = course(self.design, n_values=self.n_values)
        try:
            batch = next(going)
            while True:
                batch = going.send(self.batch(batch))
        except StopIteration as end:
            evidence: Evidence = end.value
            return evidence
        except NoSweep:
            reasons = {one.reason.detail for one in self.read.values() if one.reason}
            raise DataRefused(
                f"no training left a held-out error ({'; '.join(sorted(reasons)) or 'all failed'})"
            ) from None

    def batch(self, asked: list[Asked]) -> dict[Asked, Found]:
        """Bring some trainings up to date, and read what they found."""
        self.asked |= dict.fromkeys(asked)
        self.plan = write_study(self.folder, self.source, self.design, list(self.asked), results=self.results)
        refuse_hopeless(self.plan)
        self.read = {asked_by(outcome): outcome for outcome in outcomes(self.plan)}
        left = [self.read[one].run for one in asked if not self.read[one].done]
        if left:
            self.workers.bring_up_to_date(self.plan, left, told=lambda run: None)
            self.read = {asked_by(outcome): outcome for outcome in outcomes(self.plan)}
            self.say(f"{len(self.asked)} of at most {self.design.most_runs} trainings, {duration(self.seconds)}")
        return {one: found_in(self.read[one]) for one in asked}

    @property
    def seconds(self) -> float:
        """Since this process began with them."""
        return time.monotonic() - self.started

    @property
    def train_seconds(self) -> float:
        """Of all trainings, whoever made them."""
        return sum(one.record.timing.train_seconds or 0.0 for one in self.read.values() if one.record)


def told(
    trainings: Trainings,
    evidence: Evidence,
    intrinsic: Intrinsic | None,
    *,
    copies: Copies,
    linear: dict[str, int],
    seconds: float,
) -> Recommendation:
    """The answer as it is kept."""
    answer, planned, described = evidence.answer, trainings.design, trainings.source.described
    votes = tuple(votes_of(evidence))
    interval = None if answer.low is None or answer.high is None else (answer.low, answer.high)
    return Recommendation(
        recommended_dim=answer.dim, interval=interval, kind=answer.kind,
        reasons=copies.sentences() + reasons_of(
            answer, evidence.points, intrinsic=intrinsic, votes=votes, n_values=trainings.n_values
        ),
        advice=advice_of(
            answer, votes, n_examples=described["n_train"] + described["n_test"], longer=longer_budget(planned)
        ),
        intrinsic=intrinsic, linear=linear,
        sweep=tuple(
            Size(dim=one.dim, errors=dict(one.errors), distances=dict(one.distances)) for one in evidence.points
        ),
        votes=votes, weights={f"{beta:g}": error for beta, error in evidence.tries},
        data=data_of(trainings.source), protocol=protocol_of(planned, seconds),
        costs={"runs": len(trainings.asked), "train_seconds": round(trainings.train_seconds, 1)},
        latentdim=latentdim.__version__,
    )  # fmt: skip


def withheld(
    source: Source, planned: Design, copies: Copies, *, linear: dict[str, int], seconds: float
) -> Recommendation:
    """No answer, without any training, where most examples are copies of others."""
    return Recommendation(
        recommended_dim=None, interval=None, kind=Kind.COPIES, reasons=copies.sentences(), advice=ADVICE,
        intrinsic=None, linear=linear, sweep=(), votes=(), weights={}, data=data_of(source),
        protocol=protocol_of(planned, seconds), costs={"runs": 0, "train_seconds": 0.0},
        latentdim=latentdim.__version__,
    )  # fmt: skip


def votes_of(evidence: Evidence) -> list[Vote]:
    """What the methods that find their own size say; none where they weren't asked."""
    answer = evidence.answer
    if evidence.start is None or answer.low is None or answer.high is None:
        return []
    votes = []
    for method in (RELEVANCE, FINDER):
        counts = dict((evidence.counts or {}).get(method, {}))
        inside = all(answer.low <= count <= answer.high for count in counts.values()) if counts else None
        settings = {"beta": evidence.beta} if method == RELEVANCE and evidence.beta is not None else {}
        votes.append(Vote(
            method=method, title=methods().get(method).title, start=evidence.start, settings=settings, counts=counts,
            agrees=inside,
        ))  # fmt: skip
    return votes
