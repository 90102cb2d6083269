"""statistics releases

Revision: 0004, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('simulated_data',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('seed', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_simulated_data'))
    )
    op.create_table('statistics_release',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('period', sa.String(length=8), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('released_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('marks', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_statistics_release')),
    sa.UniqueConstraint('period', 'version', name=op.f('uq_statistics_release_period'))
    )
    with op.batch_alter_table('statistics_release', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_statistics_release_first_day'), ['first_day'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('statistics_release', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_statistics_release_first_day'))

    op.drop_table('statistics_release')
    op.drop_table('simulated_data')
