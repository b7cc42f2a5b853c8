"""Following the source without end: its change stream where it has one, comparing everything where it has none.

A change stream goes on where the last round ended, because its token is stored after what it speaks of was taken. When
the source does not know that place any more, and once a day anyway, everything is compared.

What changed is told of its customers at once. Of everybody else it is looked beside that what was not told yet, after a
start and whenever more was taken than what changed: that takes long where there are many.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from pymongo.errors import PyMongoError

from roundsman.activation.policy import ActivationPolicy
from roundsman.background import beside
from roundsman.database.lease import LeaseLost, LeaseTaken
from roundsman.database.transaction import Tx
from roundsman.errors import Conflict, RoundsmanError, Unavailable
from roundsman.migration.apply import Means
from roundsman.migration.backfilling import Backfilled, backfill, tell_of
from roundsman.migration.doubts import SourceDoubted
from roundsman.migration.neighbourhood import TooManyNeighbours
from roundsman.migration.pipeline import RunInterrupted
from roundsman.migration.profile import SourceProfile
from roundsman.migration.retention import forget_old_plans
from roundsman.migration.source_cursor import find_cursor, note_compared, note_doubted, note_taken, note_unreachable
from roundsman.migration.sources.changes import ChangeFeed, ChangesLost, Watchable
from roundsman.migration.sources.port import Source, SourceUnreachable
from roundsman.migration.sync import Round, compare_all, take_changes
from roundsman.worker.leadership import Leadership, leadership

_FIRST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How long to wait for what.

    `debounce`: for further changes after the first; `most`: so many changes make a round; `idle`: between two looks at
    the clock, and notes that there was nothing; `compare`: between comparisons where the source tells of no changes;
    `compare_anyway`: where it does; `standby`: between two looks whether another worker still lives.
    """

    debounce: timedelta = timedelta(seconds=1)
    most: int = 2_000
    idle: timedelta = timedelta(seconds=5)
    compare: timedelta = timedelta(seconds=60)
    compare_anyway: timedelta = timedelta(hours=24)
    standby: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Intake:
    """What following needs: where from, how to read it, where to, whom to tell, and when to end."""

    tx: Tx
    open_source: Callable[[], Source]
    profile: SourceProfile
    means: Means
    stop: asyncio.Event
    say: Callable[[str], None]
    policy: ActivationPolicy = field(default_factory=ActivationPolicy)
    rhythm: Rhythm = Rhythm()

    async def run(self) -> None:
        """Follow the source until asked to stop; wait while another worker does. What may pass by itself is tried again."""
        waiting = False
        while not self.stop.is_set():
            try:
                async with leadership(self.tx, self.means.clock) as leading:
                    waiting = False
                    await _Following(self, leading).run()
            except LeaseTaken as taken:
                if not waiting:
                    self.say(f"Standing by: {taken.message}")
                waiting = True
                await self.pause(self.rhythm.standby)

    async def pause(self, span: timedelta) -> None:
        """Wait, but not when asked to stop."""
        try:
            await asyncio.wait_for(self.stop.wait(), span.total_seconds())
        except TimeoutError:
            return


class _Following:
    """The one worker that works."""

    def __init__(self, intake: Intake, leading: Leadership) -> None:
        self._intake, self._leading = intake, leading
        self._tx, self._profile, self._rhythm = intake.tx, intake.profile, intake.rhythm
        self._means = replace(intake.means, stop=self._is_over)
        self._trouble: str | None = None
        self._pause = _FIRST_PAUSE
        self._starts_anew = False
        self._is_new = True
        self._untold = asyncio.Event()

    async def run(self) -> None:
        async with beside(self._tell_of_all()):
            await self._follow_on()

    async def _follow_on(self) -> None:
        while not self._is_over():
            source = self._intake.open_source()
            try:
                await self._follow(source)
            except (LeaseLost, RunInterrupted):
                continue
            except ChangesLost as lost:
                self._intake.say(lost.message)
                self._starts_anew = True
            except (Unavailable, Conflict) as trouble:
                await self._wait_out(source, trouble)
            finally:
                await source.close()

    def _is_over(self) -> bool:
        return self._intake.stop.is_set() or self._leading.lost.is_set()

    async def _follow(self, source: Source) -> None:
        if isinstance(source, Watchable) and await source.can_be_watched():
            await self._follow_changes(source, source)
        else:
            await self._compare(source, token=None)
            await self._intake.pause(self._rhythm.compare)

    async def _follow_changes(self, source: Source, watchable: Watchable) -> None:
        cursor = await find_cursor(self._tx)
        is_known = cursor is not None and cursor.source == source.locator and not self._starts_anew
        token = cursor.token if cursor and is_known else None
        compared_at = cursor.compared_at if cursor and token else None
        feed = await watchable.watch([one.name for one in self._profile.collections], after=token)
        try:
            while not self._is_over():
                if compared_at is None:
                    compared_at = self._now()
                    await self._compare(source, token=feed.token)
                compared_at = await self._take_next(source, feed, compared_at)
        finally:
            await feed.close()

    async def _take_next(self, source: Source, feed: ChangeFeed, compared_at: datetime) -> datetime | None:
        """Take the next changes; gives when everything was compared, None where it has to be now."""
        changes = await feed.gather(patience=self._rhythm.idle, debounce=self._rhythm.debounce, most=self._rhythm.most)
        until = self._now() if changes.caught_up or changes.newest_at is None else changes.newest_at
        if self._is_over():
            # What is not taken may not be noted as taken: the next worker sees it again.
            return compared_at
        if changes.unclear:
            return None
        if changes.count:
            try:
                done = await take_changes(self._tx, source, self._profile, changes.documents, self._means)
            except TooManyNeighbours:
                return None
            # Before the token is noted, so that whatever ends the worker leaves nothing untold.
            await tell_of(self._tx, done.concerned, policy=self._intake.policy, clock=self._means.clock)
            self._tell(done)
            if done.finished:
                self._untold.set()
        await self._note(source, changes.token, until)
        self._tell_the_rest_once()
        # What piled up comes first: comparing takes long.
        is_overdue = self._now() - compared_at > self._rhythm.compare_anyway and changes.count < self._rhythm.most
        return None if is_overdue else compared_at

    async def _compare(self, source: Source, *, token: Any) -> None:  # noqa: ANN401 - the source's own
        """Compare everything; the token was taken before, so that nothing is missed meanwhile."""
        self._tell_the_rest_once()
        began = self._now()
        done = await compare_all(self._tx, source, self._profile, self._means)
        self._tell(done)
        if done.finished or not done.did_nothing:
            self._untold.set()
        await self._note(source, token, began)
        await note_compared(self._tx, source.locator, at=began)
        await forget_old_plans(self._tx, now=began)

    async def _note(self, source: Source, token: Any, until: datetime) -> None:  # noqa: ANN401 - as above
        if self._trouble:
            self._intake.say("Following again.")
        self._trouble, self._pause, self._starts_anew = None, _FIRST_PAUSE, False
        await note_taken(self._tx, source.locator, token=token, until=until, fencing=self._leading.lease.fencing)

    def _tell_the_rest_once(self) -> None:
        """Have told what others imported, or what was broken off, but what changed meanwhile first."""
        if self._is_new:
            self._untold.set()
        self._is_new = False

    async def _tell_of_all(self) -> None:
        """Tell of everybody what was not told yet, without end. What may pass by itself is tried again."""
        while True:
            await self._untold.wait()
            self._untold.clear()
            try:
                done = await backfill(self._tx, policy=self._intake.policy, clock=self._means.clock, stop=self._is_over)
            except (RoundsmanError, PyMongoError) as trouble:
                self._intake.say(f"Not all is told of customers, trying again: {trouble}")
                self._untold.set()
                await asyncio.sleep(_LONGEST_PAUSE.total_seconds())
            else:
                self._say_told(done)

    def _say_told(self, done: Backfilled) -> None:
        if done != Backfilled():
            self._intake.say(f"Told {done.facts} facts of {done.new} new customers and {done.renewed} others.")

    def _tell(self, done: Round) -> None:
        if not done.did_nothing:
            self._intake.say(
                f"Took {done.arrived} new, {done.changed} changed and {done.gone} gone documents, with "
                f"{done.questions} questions; {len(done.drifted)} changed meanwhile and come next."
            )

    async def _wait_out(self, source: Source, trouble: Unavailable | Conflict) -> None:
        if trouble.message != self._trouble:
            self._intake.say(f"{trouble.message}; trying again")
        self._trouble = trouble.message
        self._tell_the_rest_once()
        if isinstance(trouble, SourceUnreachable):
            await note_unreachable(self._tx, source.locator, since=self._now())
        elif isinstance(trouble, SourceDoubted):
            await note_doubted(self._tx, source.locator, since=self._now())
        await self._intake.pause(self._pause)
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def _now(self) -> datetime:
        return self._intake.means.clock()
