"""A mixed-integer programme, solved by HiGHS: the same answer on every run, with its proven bound."""

from collections.abc import Iterable
from typing import NamedTuple

import highspy

INF = float("inf")
NODES = 200_000  # of the search tree: unlike a time limit it ends on every machine at the same place
SECONDS = 120.0  # a last resort; a schedule that ran into it says so


class Solution(NamedTuple):
    values: list[float]
    objective: float
    bound: float  # no solution is better than this
    optimal: bool

    @property
    def gap(self) -> float:
        """How much better, at most, another solution could be, as a part of this one's objective."""
        return 0.0 if self.optimal else (self.objective - self.bound) / max(abs(self.objective), 1.0)


class Programme:
    """Minimise a sum over variables under sums that keep within limits."""

    def __init__(self) -> None:
        self._costs: list[float] = []
        self._limits: list[tuple[float, float]] = []
        self._whole: list[bool] = []
        self._rows: list[tuple[float, float, list[tuple[int, float]]]] = []

    def variable(self, cost: float = 0, low: float = 0, high: float = INF, *, whole: bool = True) -> int:
        """A further variable; its number."""
        self._costs.append(cost)
        self._limits.append((low, high))
        self._whole.append(whole)
        return len(self._costs) - 1

    def keep(self, terms: Iterable[tuple[int, float]], low: float = -INF, high: float = INF) -> None:
        """Keep a sum of (variable, factor) within limits."""
        self._rows.append((low, high, list(terms)))

    def solve(self, near: float = 1e-6) -> Solution | None:
        """The best solution, or one proven to be at most `near` from it; None when none was found."""
        solver = highspy.Highs()  # type: ignore[no-untyped-call]  # as the library ships it
        for option, value in {
            "output_flag": False, "threads": 1, "random_seed": 0, "mip_max_nodes": NODES, "time_limit": SECONDS,
            "mip_rel_gap": 0.0, "mip_abs_gap": near,
        }.items():  # fmt: skip
            solver.setOptionValue(option, value)
        solver.passModel(self._model())
        solver.run()
        info = solver.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        optimal = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        objective = info.objective_function_value
        bound = objective if optimal else max(info.mip_dual_bound, -1e18)
        return Solution(list(solver.getSolution().col_value), objective, bound, optimal)

    def _model(self) -> highspy.HighsLp:
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self._costs), len(self._rows)
        model.col_cost_ = self._costs
        model.col_lower_, model.col_upper_ = ([limit[side] for limit in self._limits] for side in (0, 1))
        model.row_lower_, model.row_upper_ = [low for low, _, _ in self._rows], [high for _, high, _ in self._rows]
        model.integrality_ = [
            highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous for whole in self._whole
        ]
        starts, places, factors = [0], [], []
        for _, _, terms in self._rows:
            places += [place for place, _ in terms]
            factors += [factor for _, factor in terms]
            starts.append(len(places))
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.num_col_, model.a_matrix_.num_row_ = model.num_col_, model.num_row_
        model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = starts, places, factors
        return model
