"""Who is staff because the source says so."""

from bson import ObjectId

from roundsman.access.roles import STAFF_ROLES
from roundsman.database.collections import SOURCE_DOCUMENTS, USERS
from roundsman.database.transaction import Tx
from roundsman.migration.copies import open_copy
from roundsman.migration.profile import PEOPLE, SourceProfile
from roundsman.migration.reading import value_at
from roundsman.migration.sealing import CopyDamaged, Seal
from roundsman.migration.sources.port import SourceDocument


async def staff_by_source(tx: Tx, profile: SourceProfile, seal: Seal) -> set[ObjectId]:
    """Those of the staff here whom a document says to be staff; one that is gone from the source explains it too.

    A copy that cannot be opened explains nothing, and the proof of the content speaks of it.
    """
    collections = {collection.name: collection for collection in profile.of_kind(*PEOPLE)}
    users = [user["_id"] async for user in tx.database[USERS].find({"roles": {"$in": sorted(STAFF_ROLES)}}, {"_id": 1})]
    said: set[ObjectId] = set()
    async for copy in tx.database[SOURCE_DOCUMENTS].find({"user_id": {"$in": users}}):
        collection = collections.get(copy["_id"].partition(":")[0])
        if collection is None:
            continue
        try:
            fields = SourceDocument(await open_copy(tx, copy, seal)).fields
        except CopyDamaged:
            continue
        if profile.word("role", value_at(fields, collection.paths("role"))) in STAFF_ROLES:
            said.add(copy["user_id"])
    return said
