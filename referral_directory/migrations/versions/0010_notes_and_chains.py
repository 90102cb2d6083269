"""notes that somebody has to read, what came before an end, and whose referrals belong together

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

KINDS = ['new', 'chase', 'answer', 'withdrawn', 'code', 'page', 'page_code']


def upgrade() -> None:
    # Not in a batch: on SQLite that makes the table anew, which takes everything that hangs off referrals with it.
    op.add_column('referral', sa.Column('note_unread', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column('referral', sa.Column('ended_from', sa.String(length=12), nullable=True))
    op.add_column('referral', sa.Column('first_id', sa.Uuid(), nullable=True))
    op.create_index(op.f('ix_referral_first_id'), 'referral', ['first_id'], unique=False)
    _find_firsts()
    _allow([*KINDS, 'note'])


def downgrade() -> None:
    op.execute("DELETE FROM referral_mail WHERE kind = 'note'")
    _allow(KINDS)
    op.drop_index(op.f('ix_referral_first_id'), 'referral')
    op.drop_column('referral', 'first_id')
    op.drop_column('referral', 'ended_from')
    op.drop_column('referral', 'note_unread')


def _find_firsts() -> None:
    """The first of those that took one another's place; of older copies nobody wrote down whose they are."""
    first = "(SELECT COALESCE(b.first_id, b.id) FROM referral AS b WHERE b.id = referral.replaces_id)"
    step = sa.text(
        f"UPDATE referral SET first_id = {first} "
        f"WHERE replaces_id IS NOT NULL AND (first_id IS NULL OR first_id <> {first})"
    )
    while op.get_bind().execute(step).rowcount:
        pass


def _allow(kinds: list[str]) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    name, check = op.f('ck_referral_mail_kind'), f"kind IN ({listed})"
    if op.get_bind().dialect.name == "sqlite":
        # The table is made anew without its checks; nothing hangs off a mail.
        with op.batch_alter_table('referral_mail', recreate='always') as batch_op:
            batch_op.create_check_constraint(name, check)
    else:
        op.drop_constraint(name, 'referral_mail', type_='check')
        op.create_check_constraint(name, 'referral_mail', check)
