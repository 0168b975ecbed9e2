"""LINE, the ground: channels by screen, menus, quota, messages that go together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import tables.base

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def give_grants() -> None:
    """Let the product's administrators connect LINE, where the town still has the role."""
    role = sa.table('role', sa.column('id', sa.Integer), sa.column('code', sa.String))
    grant = sa.table(
        'role_grant',
        sa.column('role_id', sa.Integer),
        sa.column('permission', sa.String),
        sa.column('scope', sa.String),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(role.c.id).where(role.c.code == 'system_admin')).all():
        values = {'role_id': row.id, 'permission': 'line:manage', 'scope': 'all'}
        has_it = sa.and_(*(grant.c[name] == value for name, value in values.items() if name != 'scope'))
        if connection.execute(sa.select(grant.c.role_id).where(has_it)).first() is None:
            connection.execute(grant.insert().values(values))


def upgrade() -> None:
    op.create_table('line_connection',
    sa.Column('channel', sa.Enum('citizen', 'staff', name='linechannel', native_enum=False, length=32), nullable=False),
    sa.Column('token', sa.String(length=1000), nullable=True),
    sa.Column('secret', sa.String(length=400), nullable=True),
    sa.Column('previous_secret', sa.String(length=400), nullable=True),
    sa.Column('previous_until', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('bot_user_id', sa.String(length=64), nullable=True),
    sa.Column('basic_id', sa.String(length=64), nullable=True),
    sa.Column('display_name', sa.String(length=120), nullable=True),
    sa.Column('test_asked_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('tested_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('findings', sa.JSON(), nullable=False),
    sa.Column('quota_limit', sa.Integer(), nullable=True),
    sa.Column('quota_used', sa.Integer(), nullable=True),
    sa.Column('quota_read_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('quota_warned_on', sa.Date(), nullable=True),
    sa.Column('updated_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('channel', name=op.f('pk_line_connection'))
    )
    op.create_table('line_usage',
    sa.Column('channel', sa.Enum('citizen', 'staff', name='linechannel', native_enum=False, length=32), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('pushes', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('replies', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('merged', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.PrimaryKeyConstraint('channel', 'day', name=op.f('pk_line_usage'))
    )
    op.create_table('rich_menu',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('channel', sa.Enum('citizen', 'staff', name='linechannel', native_enum=False, length=32), nullable=False),
    sa.Column('kind', sa.Enum('citizen', 'guest', 'officer', 'executive', name='richmenukind', native_enum=False, length=32), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('line_menu_id', sa.String(length=80), nullable=True),
    sa.Column('picture_key', sa.String(length=160), nullable=True),
    sa.Column('areas', sa.JSON(), nullable=False),
    sa.Column('created_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('laid_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('retired_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rich_menu'))
    )
    with op.batch_alter_table('rich_menu', schema=None) as batch_op:
        batch_op.create_index('ix_rich_menu_kind', ['channel', 'kind', 'id'], unique=False)

    with op.batch_alter_table('account_link', schema=None) as batch_op:
        batch_op.add_column(sa.Column('member_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_account_link_member_id'), ['member_id'], unique=False)
        batch_op.create_foreign_key(
            batch_op.f('fk_account_link_member_id_member'), 'member', ['member_id'], ['id'], ondelete='CASCADE'
        )

    with op.batch_alter_table('line_account', schema=None) as batch_op:
        batch_op.add_column(sa.Column('display_name', sa.String(length=120), nullable=True))
        batch_op.add_column(sa.Column('profile_at', tables.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('menu_id', sa.String(length=80), nullable=True))

    with op.batch_alter_table('outbox_message', schema=None) as batch_op:
        batch_op.add_column(sa.Column('reply_until', tables.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('priority', sa.Enum('essential', 'routine', name='messagepriority', native_enum=False, length=32), server_default='essential', nullable=False))
        batch_op.add_column(
            sa.Column('is_silent', sa.Boolean(), server_default=sa.text('false'), nullable=False)
        )
        batch_op.add_column(sa.Column('merged_into_id', sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f('ix_outbox_message_merged_into_id'), ['merged_into_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_outbox_message_merged_into_id_outbox_message'), 'outbox_message', ['merged_into_id'], ['id'], ondelete='SET NULL')
    give_grants()



def downgrade() -> None:
    with op.batch_alter_table('outbox_message', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_outbox_message_merged_into_id_outbox_message'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_outbox_message_merged_into_id'))
        batch_op.drop_column('merged_into_id')
        batch_op.drop_column('is_silent')
        batch_op.drop_column('priority')
        batch_op.drop_column('reply_until')

    with op.batch_alter_table('account_link', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_account_link_member_id_member'), type_='foreignkey')
        batch_op.drop_index(batch_op.f('ix_account_link_member_id'))
        batch_op.drop_column('member_id')

    with op.batch_alter_table('line_account', schema=None) as batch_op:
        batch_op.drop_column('menu_id')
        batch_op.drop_column('profile_at')
        batch_op.drop_column('display_name')

    with op.batch_alter_table('rich_menu', schema=None) as batch_op:
        batch_op.drop_index('ix_rich_menu_kind')

    op.drop_table('rich_menu')
    op.drop_table('line_usage')
    op.drop_table('line_connection')
