"""handovers, self-referral, questions, all referrals of a provider, sign-in elsewhere

Revision: 0006, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_new_tables()
    _make_visits()
    _make_mail()
    # Not in a batch: on SQLite that makes the table anew, which takes sessions and roles with it.
    op.add_column('staff_member', sa.Column('openid_digest', sa.LargeBinary(length=32), nullable=True))
    op.create_index(op.f('ix_staff_member_openid_digest'), 'staff_member', ['openid_digest'], unique=True)


def _make_new_tables() -> None:
    op.create_table('handover',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=True),
    sa.Column('needs', sa.Text(), nullable=False),
    sa.Column('ward_code', sa.String(length=9), nullable=True),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('services', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('community_space_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['community_space_id'], ['community_space.id'], name=op.f('fk_handover_community_space_id_community_space')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handover')),
    sa.UniqueConstraint('digest', name=op.f('uq_handover_digest'))
    )
    op.create_index(op.f('ix_handover_expires_at'), 'handover', ['expires_at'], unique=False)
    op.create_table('self_referral_link',
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('needs', sa.Text(), nullable=False),
    sa.Column('ward_code', sa.String(length=9), nullable=True),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_self_referral_link'))
    )
    op.create_index(op.f('ix_self_referral_link_expires_at'), 'self_referral_link', ['expires_at'], unique=False)
    op.create_table('referral_question',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('text', sa.String(length=300), nullable=False),
    sa.Column('fits', sa.String(length=3), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.CheckConstraint("fits IN ('yes', 'no', 'any')", name=op.f('ck_referral_question_fits')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral_question'))
    )
    op.create_index(op.f('ix_referral_question_service_id'), 'referral_question', ['service_id'], unique=False)
    op.create_table('provider_link',
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('code_digest', sa.LargeBinary(length=32), nullable=True),
    sa.Column('code_expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('code_tries', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_provider_link'))
    )
    op.create_index(op.f('ix_provider_link_made_at'), 'provider_link', ['made_at'], unique=False)


def _make_visits() -> None:
    # Providers' sessions last an hour: whoever has one asks for another code.
    op.drop_table('referral_visit')
    op.create_table('referral_visit',
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_referral_visit'))
    )
    op.create_index(op.f('ix_referral_visit_expires_at'), 'referral_visit', ['expires_at'], unique=False)


def _make_mail() -> None:
    columns = "id, referral_id, kind, address, secret, created_at, next_try_at, tries, delivered_at, failed_at, fault"
    op.execute(f"CREATE TABLE referral_mail_copy AS SELECT {columns} FROM referral_mail")
    op.drop_table('referral_mail')
    op.create_table('referral_mail',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('referral_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('fault', sa.String(length=80), nullable=False),
    sa.CheckConstraint("kind IN ('new', 'chase', 'answer', 'withdrawn', 'code', 'page', 'page_code')", name=op.f('ck_referral_mail_kind')),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], name=op.f('fk_referral_mail_referral_id_referral'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral_mail'))
    )
    op.create_index(op.f('ix_referral_mail_next_try_at'), 'referral_mail', ['next_try_at'], unique=False)
    op.create_index(op.f('ix_referral_mail_referral_id'), 'referral_mail', ['referral_id'], unique=False)
    op.execute(f"INSERT INTO referral_mail ({columns}) SELECT {columns} FROM referral_mail_copy")
    op.drop_table('referral_mail_copy')


def downgrade() -> None:
    op.drop_index(op.f('ix_staff_member_openid_digest'), 'staff_member')
    op.drop_column('staff_member', 'openid_digest')
    op.execute("DELETE FROM referral_mail WHERE referral_id IS NULL")
    # The older table asks for less; what is stricter in it, and sessions of an hour, are made anew by no one.
    op.drop_index(op.f('ix_referral_visit_expires_at'), 'referral_visit')
    op.drop_table('referral_visit')
    op.create_table('referral_visit',
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('referral_id', sa.Uuid(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['referral_id'], ['referral.id'], name=op.f('fk_referral_visit_referral_id_referral'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_referral_visit'))
    )
    op.create_index(op.f('ix_referral_visit_expires_at'), 'referral_visit', ['expires_at'], unique=False)
    op.create_index(op.f('ix_referral_visit_referral_id'), 'referral_visit', ['referral_id'], unique=False)
    for table in ('provider_link', 'referral_question', 'self_referral_link', 'handover'):
        op.drop_table(table)
