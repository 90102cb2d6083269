"""decisions and private tables

Revision: 0007, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('decision',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('need', sa.String(length=40), nullable=False),
    sa.Column('area', sa.String(length=40), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('who', sa.String(length=120), nullable=False),
    sa.Column('by_when', sa.Date(), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('what_happened', sa.Text(), nullable=False),
    sa.Column('release_number', sa.Integer(), nullable=True),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.Column('changed_on', sa.Date(), nullable=False),
    sa.Column('recorded_by', sa.Uuid(), nullable=False),
    sa.CheckConstraint("status IN ('planned', 'under_way', 'done', 'dropped')", name=op.f('ck_decision_status')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision'))
    )
    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_decision_area'), ['area'], unique=False)
        batch_op.create_index(batch_op.f('ix_decision_need'), ['need'], unique=False)

    op.create_table('privacy_budget',
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('allowed', sa.Integer(), nullable=False),
    sa.Column('spent', sa.Integer(), nullable=False),
    sa.CheckConstraint('spent BETWEEN 0 AND allowed', name=op.f('ck_privacy_budget_spent')),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_privacy_budget'))
    )
    op.create_table('private_table',
    sa.Column('period', sa.String(length=8), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('epsilon', sa.Integer(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('period', name=op.f('pk_private_table'))
    )
    with op.batch_alter_table('private_table', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_private_table_year'), ['year'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('private_table', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_private_table_year'))

    op.drop_table('private_table')
    op.drop_table('privacy_budget')
    with op.batch_alter_table('decision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_decision_need'))
        batch_op.drop_index(batch_op.f('ix_decision_area'))

    op.drop_table('decision')
