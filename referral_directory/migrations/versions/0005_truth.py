"""truth: versions, reports, notices, links to services, import sources

Revision: 0005, after 0006
"""

from datetime import UTC, datetime
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('import_source',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('address', sa.String(length=1000), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('run', sa.Integer(), nullable=False),
    sa.Column('next_page', sa.Integer(), nullable=False),
    sa.Column('faulty', sa.Boolean(), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_source')),
    sa.UniqueConstraint('address', name=op.f('uq_import_source_address'))
    )
    op.create_table('import_page',
    sa.Column('source_id', sa.Uuid(), nullable=False),
    sa.Column('page', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('etag', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['source_id'], ['import_source.id'], name=op.f('fk_import_page_source_id_import_source'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('source_id', 'page', name=op.f('pk_import_page'))
    )
    op.create_table('import_record',
    sa.Column('source_id', sa.Uuid(), nullable=False),
    sa.Column('remote_id', sa.String(length=300), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('page', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('listed', sa.String(length=64), nullable=False),
    sa.Column('offered', sa.Text(), nullable=False),
    sa.Column('seen_run', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_import_record_service_id_service'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['source_id'], ['import_source.id'], name=op.f('fk_import_record_source_id_import_source'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('source_id', 'remote_id', name=op.f('pk_import_record'))
    )
    with op.batch_alter_table('import_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_import_record_service_id'), ['service_id'], unique=False)
    op.create_table('service_link',
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_service_link_service_id_service'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_service_link'))
    )
    with op.batch_alter_table('service_link', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_service_link_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_service_link_service_id'), ['service_id'], unique=False)
    op.create_table('service_mail',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('fault', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_service_mail_service_id_service'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_mail'))
    )
    with op.batch_alter_table('service_mail', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_service_mail_next_try_at'), ['next_try_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_service_mail_service_id'), ['service_id'], unique=False)
    op.create_table('service_notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('opening_hours', sa.String(length=80), nullable=False),
    sa.Column('said_by', sa.String(length=10), nullable=False),
    sa.Column('said_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('full', 'closed', 'hours')", name=op.f('ck_service_notice_kind')),
    sa.CheckConstraint('first_day <= last_day', name=op.f('ck_service_notice_days')),
    sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_service_notice_service_id_service'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_notice'))
    )
    with op.batch_alter_table('service_notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_service_notice_last_day'), ['last_day'], unique=False)
        batch_op.create_index(batch_op.f('ix_service_notice_service_id'), ['service_id'], unique=False)
    op.create_table('service_report',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('field', sa.String(length=20), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('said_by', sa.String(length=10), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_service_report_service_id_service'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_report'))
    )
    with op.batch_alter_table('service_report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_service_report_service_id'), ['service_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_service_report_settled_at'), ['settled_at'], unique=False)
    op.create_table('service_version',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('service_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('action', sa.String(length=12), nullable=False),
    sa.Column('actor', sa.String(length=10), nullable=False),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('actor_name', sa.String(length=120), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['service_id'], ['service.id'], name=op.f('fk_service_version_service_id_service'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_version')),
    sa.UniqueConstraint('service_id', 'number', name=op.f('uq_service_version_service_id'))
    )
    with op.batch_alter_table('service_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_service_version_service_id'), ['service_id'], unique=False)

    # Not in a batch: on SQLite that makes the table anew, which takes everything that hangs off services with it.
    op.add_column('service', sa.Column('checked_by', sa.String(length=10), nullable=False, server_default='source'))
    op.add_column('service', sa.Column('next_check_on', sa.Date(), nullable=True))
    op.add_column('service', sa.Column('merged_into', sa.Uuid(), nullable=True))
    _keep_who_is_full()
    op.drop_column('referral_inbox', 'full_until')


def _keep_who_is_full() -> None:
    """That a service is full stands with its other notices from now on, for search and cards too."""
    inbox = sa.table('referral_inbox', sa.column('service_id', sa.Uuid()), sa.column('full_until', sa.Date()))
    service = sa.table('service', sa.column('id', sa.Uuid()))
    notice = sa.table(
        'service_notice', sa.column('id', sa.Uuid()), sa.column('service_id', sa.Uuid()), sa.column('kind'),
        sa.column('first_day', sa.Date()), sa.column('last_day', sa.Date()), sa.column('opening_hours'),
        sa.column('said_by'), sa.column('said_at', sa.DateTime(timezone=True)),
    )
    full = sa.select(inbox).where(inbox.c.full_until.is_not(None), inbox.c.service_id.in_(sa.select(service.c.id)))
    now = datetime.now(UTC)
    for service_id, until in op.get_bind().execute(full).all():
        op.get_bind().execute(notice.insert().values(
            id=uuid4(), service_id=service_id, kind='full', first_day=min(now.date(), until), last_day=until,
            opening_hours='', said_by='curator', said_at=now,
        ))


def downgrade() -> None:
    op.add_column('referral_inbox', sa.Column('full_until', sa.Date(), nullable=True))
    for column in ('merged_into', 'next_check_on', 'checked_by'):
        op.drop_column('service', column)
    with op.batch_alter_table('service_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_service_version_service_id'))
    op.drop_table('service_version')
    with op.batch_alter_table('service_report', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_service_report_settled_at'))
        batch_op.drop_index(batch_op.f('ix_service_report_service_id'))
    op.drop_table('service_report')
    with op.batch_alter_table('service_notice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_service_notice_service_id'))
        batch_op.drop_index(batch_op.f('ix_service_notice_last_day'))
    op.drop_table('service_notice')
    with op.batch_alter_table('service_mail', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_service_mail_service_id'))
        batch_op.drop_index(batch_op.f('ix_service_mail_next_try_at'))
    op.drop_table('service_mail')
    with op.batch_alter_table('service_link', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_service_link_service_id'))
        batch_op.drop_index(batch_op.f('ix_service_link_expires_at'))
    op.drop_table('service_link')
    with op.batch_alter_table('import_record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_import_record_service_id'))
    op.drop_table('import_record')
    op.drop_table('import_page')
    op.drop_table('import_source')
