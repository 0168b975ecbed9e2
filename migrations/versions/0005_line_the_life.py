"""LINE, the life: drafts and photos in the chat, requests to be let in, who reported there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import tables.base

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def give_grants() -> None:
    """Let the product's own roles decide about phones that ask, where the town still has them."""
    role = sa.table('role', sa.column('id', sa.Integer), sa.column('code', sa.String))
    grant = sa.table(
        'role_grant',
        sa.column('role_id', sa.Integer),
        sa.column('permission', sa.String),
        sa.column('scope', sa.String),
    )
    connection = op.get_bind()
    deciders = sa.select(role.c.id).where(role.c.code.in_(['central_unit', 'system_admin']))
    for row in connection.execute(deciders).all():
        values = {'role_id': row.id, 'permission': 'line:decide', 'scope': 'all'}
        has_it = sa.and_(*(grant.c[name] == value for name, value in values.items() if name != 'scope'))
        if connection.execute(sa.select(grant.c.role_id).where(has_it)).first() is None:
            connection.execute(grant.insert().values(values))


def upgrade() -> None:
    op.create_table('line_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('member', 'officer', name='linerequestkind', native_enum=False, length=32), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'approved', 'refused', name='linerequeststate', native_enum=False, length=32), nullable=False),
    sa.Column('line_account_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=40), nullable=True),
    sa.Column('first_name', sa.String(length=120), nullable=False),
    sa.Column('last_name', sa.String(length=120), nullable=True),
    sa.Column('position', sa.String(length=160), nullable=True),
    sa.Column('department_id', sa.Integer(), nullable=True),
    sa.Column('phone', sa.String(length=16), nullable=True),
    sa.Column('birth_date', sa.Date(), nullable=True),
    sa.Column('created_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('decided_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('decided_by_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=400), nullable=True),
    sa.Column('member_id', sa.Integer(), nullable=True),
    sa.Column('staff_user_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['decided_by_id'], ['staff_user.id'], name=op.f('fk_line_request_decided_by_id_staff_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_line_request_department_id_department'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['line_account_id'], ['line_account.id'], name=op.f('fk_line_request_line_account_id_line_account'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_line_request_member_id_member'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['staff_user_id'], ['staff_user.id'], name=op.f('fk_line_request_staff_user_id_staff_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_line_request'))
    )
    with op.batch_alter_table('line_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_line_request_decided_by_id'), ['decided_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_line_request_department_id'), ['department_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_line_request_line_account_id'), ['line_account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_line_request_member_id'), ['member_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_line_request_staff_user_id'), ['staff_user_id'], unique=False)
        batch_op.create_index('ix_line_request_state', ['state', 'id'], unique=False)
        batch_op.create_index('uq_line_request_waiting', ['line_account_id'], unique=True, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))

    op.create_table('chat_draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('line_account_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('report', 'registration', 'officer_request', 'result', 'words', name='chatdraftkind', native_enum=False, length=32), nullable=False),
    sa.Column('code', sa.String(length=16), nullable=False),
    sa.Column('token', sa.String(length=40), nullable=False),
    sa.Column('complaint_id', sa.Integer(), nullable=True),
    sa.Column('state_seq', sa.Integer(), nullable=True),
    sa.Column('asked', sa.String(length=40), nullable=False),
    sa.Column('said', sa.JSON(), nullable=False),
    sa.Column('turn', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('touched_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('parked_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('photos_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('photos_receipt_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_chat_draft_complaint_id_complaint'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['line_account_id'], ['line_account.id'], name=op.f('fk_chat_draft_line_account_id_line_account'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['photos_receipt_id'], ['webhook_receipt.id'], name=op.f('fk_chat_draft_photos_receipt_id_webhook_receipt'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_draft')),
    sa.UniqueConstraint('code', name=op.f('uq_chat_draft_code')),
    sa.UniqueConstraint('token', name=op.f('uq_chat_draft_token'))
    )
    with op.batch_alter_table('chat_draft', schema=None) as batch_op:
        batch_op.create_index('ix_chat_draft_account', ['line_account_id', 'touched_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_chat_draft_complaint_id'), ['complaint_id'], unique=False)
        batch_op.create_index('ix_chat_draft_touched', ['touched_at'], unique=False)
        batch_op.create_index('uq_chat_draft_current', ['line_account_id'], unique=True, sqlite_where=sa.text('parked_at IS NULL'), postgresql_where=sa.text('parked_at IS NULL'))

    op.create_table('chat_photo',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.Enum('citizen', 'staff', name='linechannel', native_enum=False, length=32), nullable=False),
    sa.Column('message_id', sa.String(length=64), nullable=False),
    sa.Column('line_account_id', sa.Integer(), nullable=False),
    sa.Column('chat_draft_id', sa.Integer(), nullable=True),
    sa.Column('token', sa.String(length=40), nullable=False),
    sa.Column('stage', sa.Enum('before', 'after', 'copy', name='attachmentstage', native_enum=False, length=32), nullable=False),
    sa.Column('complaint_id', sa.Integer(), nullable=True),
    sa.Column('result_id', sa.Integer(), nullable=True),
    sa.Column('attachment_id', sa.Integer(), nullable=True),
    sa.Column('refusal', sa.String(length=60), nullable=True),
    sa.Column('state', sa.Enum('ready', 'leased', 'sent', 'failed', 'dead', 'cancelled', 'merged', name='deliverystate', native_enum=False, length=32), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('max_attempts', sa.Integer(), nullable=False),
    sa.Column('not_before', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('first_attempt_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('leased_until', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('lease_token', sa.String(length=36), nullable=True),
    sa.Column('last_error', sa.String(length=400), nullable=True),
    sa.Column('created_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('done_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['attachment_id'], ['attachment.id'], name=op.f('fk_chat_photo_attachment_id_attachment'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['chat_draft_id'], ['chat_draft.id'], name=op.f('fk_chat_photo_chat_draft_id_chat_draft'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_chat_photo_complaint_id_complaint'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['line_account_id'], ['line_account.id'], name=op.f('fk_chat_photo_line_account_id_line_account'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['result_id'], ['action_result.id'], name=op.f('fk_chat_photo_result_id_action_result'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_photo')),
    sa.UniqueConstraint('channel', 'message_id', name=op.f('uq_chat_photo_channel_message_id'))
    )
    with op.batch_alter_table('chat_photo', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_chat_photo_attachment_id'), ['attachment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_chat_photo_complaint_id'), ['complaint_id'], unique=False)
        batch_op.create_index('ix_chat_photo_draft', ['chat_draft_id', 'state'], unique=False)
        batch_op.create_index('ix_chat_photo_due', ['not_before', 'id'], unique=False, sqlite_where=sa.text("state IN ('ready', 'leased')"), postgresql_where=sa.text("state IN ('ready', 'leased')"))
        batch_op.create_index(batch_op.f('ix_chat_photo_line_account_id'), ['line_account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_chat_photo_result_id'), ['result_id'], unique=False)

    op.create_table('chat_picture',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('token', sa.String(length=43), nullable=False),
    sa.Column('attachment_id', sa.Integer(), nullable=True),
    sa.Column('storage_key', sa.String(length=120), nullable=True),
    sa.Column('content_hash', sa.String(length=64), nullable=True),
    sa.Column('created_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['attachment_id'], ['attachment.id'], name=op.f('fk_chat_picture_attachment_id_attachment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_picture')),
    sa.UniqueConstraint('token', name=op.f('uq_chat_picture_token'))
    )
    with op.batch_alter_table('chat_picture', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_chat_picture_attachment_id'), ['attachment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_chat_picture_content_hash'), ['content_hash'], unique=False)
        batch_op.create_index(batch_op.f('ix_chat_picture_expires_at'), ['expires_at'], unique=False)

    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reporter_account_id', sa.Integer(), nullable=True))
        batch_op.create_index('ix_complaint_reporter_account_id', ['reporter_account_id'], unique=False, sqlite_where=sa.text('reporter_account_id IS NOT NULL'), postgresql_where=sa.text('reporter_account_id IS NOT NULL'))
        batch_op.create_foreign_key(batch_op.f('fk_complaint_reporter_account_id_line_account'), 'line_account', ['reporter_account_id'], ['id'], ondelete='SET NULL')

    with op.batch_alter_table('member', schema=None) as batch_op:
        batch_op.add_column(sa.Column('self_registered_at', tables.base.UtcDateTime(timezone=True), nullable=True))

    give_grants()


def downgrade() -> None:
    with op.batch_alter_table('member', schema=None) as batch_op:
        batch_op.drop_column('self_registered_at')

    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_complaint_reporter_account_id_line_account'), type_='foreignkey')
        batch_op.drop_index('ix_complaint_reporter_account_id', sqlite_where=sa.text('reporter_account_id IS NOT NULL'), postgresql_where=sa.text('reporter_account_id IS NOT NULL'))
        batch_op.drop_column('reporter_account_id')

    with op.batch_alter_table('chat_picture', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_chat_picture_expires_at'))
        batch_op.drop_index(batch_op.f('ix_chat_picture_content_hash'))
        batch_op.drop_index(batch_op.f('ix_chat_picture_attachment_id'))

    op.drop_table('chat_picture')
    with op.batch_alter_table('chat_photo', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_chat_photo_result_id'))
        batch_op.drop_index(batch_op.f('ix_chat_photo_line_account_id'))
        batch_op.drop_index('ix_chat_photo_due', sqlite_where=sa.text("state IN ('ready', 'leased')"), postgresql_where=sa.text("state IN ('ready', 'leased')"))
        batch_op.drop_index('ix_chat_photo_draft')
        batch_op.drop_index(batch_op.f('ix_chat_photo_complaint_id'))
        batch_op.drop_index(batch_op.f('ix_chat_photo_attachment_id'))

    op.drop_table('chat_photo')
    with op.batch_alter_table('chat_draft', schema=None) as batch_op:
        batch_op.drop_index('uq_chat_draft_current', sqlite_where=sa.text('parked_at IS NULL'), postgresql_where=sa.text('parked_at IS NULL'))
        batch_op.drop_index('ix_chat_draft_touched')
        batch_op.drop_index(batch_op.f('ix_chat_draft_complaint_id'))
        batch_op.drop_index('ix_chat_draft_account')

    op.drop_table('chat_draft')
    with op.batch_alter_table('line_request', schema=None) as batch_op:
        batch_op.drop_index('uq_line_request_waiting', sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
        batch_op.drop_index('ix_line_request_state')
        batch_op.drop_index(batch_op.f('ix_line_request_staff_user_id'))
        batch_op.drop_index(batch_op.f('ix_line_request_member_id'))
        batch_op.drop_index(batch_op.f('ix_line_request_line_account_id'))
        batch_op.drop_index(batch_op.f('ix_line_request_department_id'))
        batch_op.drop_index(batch_op.f('ix_line_request_decided_by_id'))

    op.drop_table('line_request')
