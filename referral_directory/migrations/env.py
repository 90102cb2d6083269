"""Alembic's environment: runs on the connection that application/commands.py hands over, and on no other."""

from alembic import context

from referral_directory.catalogue import models as catalogue_models
from referral_directory.catalogue import notices as catalogue_notices
from referral_directory.database import Base
from referral_directory.demand import models as demand_models
from referral_directory.housekeeping import models as housekeeping_models
from referral_directory.referrals import models as referral_models
from referral_directory.staff import models as staff_models
from referral_directory.truth import models as truth_models

# Imported for the tables they declare.
ROOMS = (
    catalogue_models,
    catalogue_notices,
    demand_models,
    housekeeping_models,
    referral_models,
    staff_models,
    truth_models,
)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
