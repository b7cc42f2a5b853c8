"""What delivery boys have earned here against the counters of the source, to the paisa.

Compared is whoever has no document that waits for the next round, or whose counters cannot be read. After the second switch
there is nothing to compare any more: the ledger goes on, and the counters are what they were.
"""

from roundsman.database.snapshots import at_one_instant
from roundsman.database.transaction import Tx
from roundsman.delivery.opening_balances import opened
from roundsman.delivery.verifying import READ_OF_LEDGER, find_wrong
from roundsman.identity.mode import OperationsMode, get_mode
from roundsman.migration.earnings import Counting, by_boy, counted_once, countings
from roundsman.migration.profile import SourceProfile
from roundsman.migration.sources.port import Source
from roundsman.migration.verify.verification import Check, CheckResult
from roundsman.money import rupees_text


async def check_earnings(tx: Tx, source: Source, profile: SourceProfile) -> CheckResult:
    """Compare in all and for the month, and prove the sums that the ledger keeps."""
    result = CheckResult(Check.EARNINGS)
    async with at_one_instant(tx.database, READ_OF_LEDGER) as session:
        async for wrong in find_wrong(Tx(tx.database, session)):
            result.fail(f"{wrong.what}: {wrong.says}")
    if (await get_mode(tx)).operations is OperationsMode.ROUNDSMAN:
        result.said = "the ledger is Roundsman's own since the switch of operations"
        return result
    total = 0
    for his in by_boy(await countings(tx, source, profile)).values():
        if all(one.is_taken and one.counters is not None for one in his):
            total += await _compare(tx, his, result)
    boys = f"{result.looked_at} delivery {'boy' if result.looked_at == 1 else 'boys'}"
    result.said = f"{rupees_text(total)} rupees earned by {boys} on both sides"
    return result


async def _compare(tx: Tx, his: list[Counting], result: CheckResult) -> int:
    """Look at one delivery boy; what he earned in all by the source."""
    result.look()
    so_far = await opened(tx, {one.key: one.boy for one in his})
    counted = [one.counters for one in counted_once(his, so_far) if one.counters is not None]
    parts = (
        ("in all", sum(one.total_paise for one in counted), sum(one.total_paise for one in so_far.values())),
        ("in the month", sum(one.month_paise for one in counted), sum(one.month_paise for one in so_far.values())),
    )
    for what, there, here in parts:
        if there != here:
            said = f"{rupees_text(there)} rupees {what} in the source, {rupees_text(here)} here"
            result.fail(f"delivery boy {his[0].boy} earned {said}")
    return sum(one.total_paise for one in counted)
