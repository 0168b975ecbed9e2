"""Papers and figures: counts kept by triggers, templates, issued papers, receipts, schedules."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import tables.base

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

GRANTS = {
    'system_admin': {'document_template:read': 'all', 'document_template:update': 'all', 'receipt:manage': 'all', 'receipt:read': 'all'},
    'central_unit': {'document:issue': 'all', 'document_template:read': 'all', 'document_template:update': 'all', 'report:schedule': 'all'},
    'intake_clerk': {'document:issue': 'department', 'document_template:read': 'all'},
    'field_officer': {'document:issue': 'own'},
    'head': {'document:issue': 'department', 'document_template:read': 'all', 'report:schedule': 'department'},
    'finance_clerk': {'document:issue': 'department', 'document_template:read': 'all', 'receipt:cancel': 'department', 'receipt:issue': 'department', 'receipt:manage': 'department', 'receipt:read': 'department'},
    'executive': {'receipt:read': 'all'},
}


def give_grants() -> None:
    """Let the product's own roles issue papers and receipts, where the town still has them."""
    role = sa.table('role', sa.column('id', sa.Integer), sa.column('code', sa.String))
    grant = sa.table(
        'role_grant',
        sa.column('role_id', sa.Integer),
        sa.column('permission', sa.String),
        sa.column('scope', sa.String),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(role.c.id, role.c.code).where(role.c.code.in_(GRANTS))).all():
        held = set(connection.scalars(sa.select(grant.c.permission).where(grant.c.role_id == row.id)))
        for permission, scope in GRANTS[row.code].items():
            if permission not in held:
                values = {'role_id': row.id, 'permission': permission, 'scope': scope}
                connection.execute(grant.insert().values(values))


def remember_ratings() -> None:
    """Write the latest rating on the case, and when the complainant was content with the present result."""
    op.execute(
        'UPDATE complaint SET rated_stars = (SELECT rating.stars FROM rating'
        ' WHERE rating.complaint_id = complaint.id ORDER BY rating.id DESC LIMIT 1)'
        ' WHERE id IN (SELECT complaint_id FROM rating)'
    )
    op.execute(
        'UPDATE complaint SET confirmed_at = (SELECT rating.rated_at FROM rating WHERE rating.stars >= 3'
        ' AND rating.result_id = (SELECT max(action_result.id) FROM action_result'
        ' WHERE action_result.complaint_id = complaint.id))'
        " WHERE figure = 'finished' AND id IN (SELECT complaint_id FROM rating)"
    )


def move_copies() -> None:
    """Bring the archived copies of complaints into the archive of all papers."""
    op.execute(
        'INSERT INTO document (public_id, kind, complaint_id, version, template_version, facts,'
        ' display_name, byte_size, page_count, sha256, storage_key, made_at, made_by_id)'
        " SELECT public_id, 'complaint_form', complaint_id, copy_version, 0, '{}',"
        ' display_name, byte_size, page_count, sha256, storage_key, uploaded_at, uploaded_by_id'
        " FROM attachment WHERE stage = 'copy' AND complaint_id IS NOT NULL ORDER BY id"
    )
    op.execute("DELETE FROM attachment WHERE stage = 'copy'")


def upgrade() -> None:
    op.create_table('case_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('month', sa.Integer(), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=False),
    sa.Column('category_id', sa.Integer(), nullable=False),
    sa.Column('subcategory_id', sa.Integer(), nullable=False),
    sa.Column('zone_id', sa.Integer(), nullable=False),
    sa.Column('community_id', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=False),
    sa.Column('figure', sa.Enum('examination', 'progress', 'finished', 'rejected', 'none', name='figure', native_enum=False, length=32), nullable=False),
    sa.Column('fold', sa.String(length=36), nullable=True),
    sa.Column('cases', sa.Integer(), nullable=False),
    sa.Column('fixed', sa.Integer(), nullable=False),
    sa.Column('reopened', sa.Integer(), nullable=False),
    sa.Column('confirmed', sa.Integer(), nullable=False),
    sa.Column('promised', sa.Integer(), nullable=False),
    sa.Column('in_time', sa.Integer(), nullable=False),
    sa.Column('took_minutes', sa.BigInteger(), nullable=False),
    sa.Column('stars_1', sa.Integer(), nullable=False),
    sa.Column('stars_2', sa.Integer(), nullable=False),
    sa.Column('stars_3', sa.Integer(), nullable=False),
    sa.Column('stars_4', sa.Integer(), nullable=False),
    sa.Column('stars_5', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_change'))
    )
    with op.batch_alter_table('case_change', schema=None) as batch_op:
        batch_op.create_index('ix_case_change_fold', ['fold'], unique=False)

    op.create_table('case_count',
    sa.Column('month', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('department_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('category_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('zone_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('figure', sa.Enum('examination', 'progress', 'finished', 'rejected', 'none', name='figure', native_enum=False, length=32), nullable=False),
    sa.Column('cases', sa.Integer(), nullable=False),
    sa.Column('fixed', sa.Integer(), nullable=False),
    sa.Column('reopened', sa.Integer(), nullable=False),
    sa.Column('confirmed', sa.Integer(), nullable=False),
    sa.Column('promised', sa.Integer(), nullable=False),
    sa.Column('in_time', sa.Integer(), nullable=False),
    sa.Column('took_minutes', sa.BigInteger(), nullable=False),
    sa.Column('stars_1', sa.Integer(), nullable=False),
    sa.Column('stars_2', sa.Integer(), nullable=False),
    sa.Column('stars_3', sa.Integer(), nullable=False),
    sa.Column('stars_4', sa.Integer(), nullable=False),
    sa.Column('stars_5', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('month', 'department_id', 'category_id', 'zone_id', 'figure', name=op.f('pk_case_count'))
    )
    op.create_table('case_part_count',
    sa.Column('month', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('part', sa.Enum('subcategory', 'community', 'channel', name='countedpart', native_enum=False, length=32), nullable=False),
    sa.Column('part_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('department_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('figure', sa.Enum('examination', 'progress', 'finished', 'rejected', 'none', name='figure', native_enum=False, length=32), nullable=False),
    sa.Column('cases', sa.Integer(), nullable=False),
    sa.Column('fixed', sa.Integer(), nullable=False),
    sa.Column('reopened', sa.Integer(), nullable=False),
    sa.Column('confirmed', sa.Integer(), nullable=False),
    sa.Column('promised', sa.Integer(), nullable=False),
    sa.Column('in_time', sa.Integer(), nullable=False),
    sa.Column('took_minutes', sa.BigInteger(), nullable=False),
    sa.Column('stars_1', sa.Integer(), nullable=False),
    sa.Column('stars_2', sa.Integer(), nullable=False),
    sa.Column('stars_3', sa.Integer(), nullable=False),
    sa.Column('stars_4', sa.Integer(), nullable=False),
    sa.Column('stars_5', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('month', 'part', 'part_id', 'department_id', 'figure', name=op.f('pk_case_part_count'))
    )
    op.create_table('receipt_book',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('department_id', sa.Integer(), nullable=False),
    sa.Column('fiscal_year', sa.Integer(), nullable=False),
    sa.Column('book_number', sa.String(length=20), nullable=False),
    sa.Column('first_number', sa.Integer(), nullable=False),
    sa.Column('last_number', sa.Integer(), nullable=False),
    sa.Column('next_number', sa.Integer(), nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default=sa.text('(true)'), nullable=False),
    sa.CheckConstraint('next_number BETWEEN first_number AND last_number + 1', name=op.f('ck_receipt_book_number_in_book')),
    sa.ForeignKeyConstraint(['department_id'], ['department.id'], name=op.f('fk_receipt_book_department_id_department'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt_book')),
    sa.UniqueConstraint('department_id', 'fiscal_year', 'book_number', name=op.f('uq_receipt_book_department_id_fiscal_year_book_number'))
    )
    op.create_table('document_template',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('complaint_form', 'order', 'result_letter', 'memo', 'slip', 'receipt', 'register', 'envelope', 'labels', name='documentkind', native_enum=False, length=32), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=160), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('numerals', sa.Enum('thai', 'arabic', name='numerals', native_enum=False, length=32), nullable=False),
    sa.Column('emblem', sa.Enum('none', 'town', 'garuda', name='emblem', native_enum=False, length=32), nullable=False),
    sa.Column('signatures', sa.JSON(), nullable=False),
    sa.Column('created_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['staff_user.id'], name=op.f('fk_document_template_created_by_id_staff_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document_template')),
    sa.UniqueConstraint('kind', 'version', name=op.f('uq_document_template_kind_version'))
    )
    op.create_table('report_schedule',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('report', sa.String(length=40), nullable=False),
    sa.Column('arguments', sa.JSON(), nullable=False),
    sa.Column('file_type', sa.String(length=10), nullable=False),
    sa.Column('every', sa.Enum('day', 'week', 'month', name='scheduleevery', native_enum=False, length=32), nullable=False),
    sa.Column('on_day', sa.Integer(), nullable=False),
    sa.Column('at_hour', sa.Integer(), nullable=False),
    sa.Column('recipient_ids', sa.JSON(), nullable=False),
    sa.Column('owner_id', sa.Integer(), nullable=False),
    sa.Column('next_run_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_run_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('is_active', sa.Boolean(), server_default=sa.text('(true)'), nullable=False),
    sa.ForeignKeyConstraint(['owner_id'], ['staff_user.id'], name=op.f('fk_report_schedule_owner_id_staff_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report_schedule'))
    )
    with op.batch_alter_table('report_schedule', schema=None) as batch_op:
        batch_op.create_index('ix_report_schedule_due', ['is_active', 'next_run_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_report_schedule_owner_id'), ['owner_id'], unique=False)

    op.create_table('receipt',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('form_token', sa.String(length=40), nullable=False),
    sa.Column('book_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('payer_name', sa.String(length=200), nullable=False),
    sa.Column('payer_address', sa.String(length=400), nullable=False),
    sa.Column('member_id', sa.Integer(), nullable=True),
    sa.Column('complaint_id', sa.Integer(), nullable=True),
    sa.Column('items', sa.JSON(), nullable=False),
    sa.Column('total', sa.Numeric(precision=12, scale=2), nullable=False),
    sa.Column('paid_by', sa.Enum('cash', 'transfer', 'cheque', name='paymentway', native_enum=False, length=32), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('issued_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('issued_by_id', sa.Integer(), nullable=False),
    sa.Column('cancelled_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('cancelled_by_id', sa.Integer(), nullable=True),
    sa.Column('cancel_reason', sa.String(length=300), nullable=True),
    sa.CheckConstraint('total > 0', name=op.f('ck_receipt_total_positive')),
    sa.ForeignKeyConstraint(['book_id'], ['receipt_book.id'], name=op.f('fk_receipt_book_id_receipt_book'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['cancelled_by_id'], ['staff_user.id'], name=op.f('fk_receipt_cancelled_by_id_staff_user'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_receipt_complaint_id_complaint'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['issued_by_id'], ['staff_user.id'], name=op.f('fk_receipt_issued_by_id_staff_user'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['member_id'], ['member.id'], name=op.f('fk_receipt_member_id_member'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receipt')),
    sa.UniqueConstraint('book_id', 'number', name=op.f('uq_receipt_book_id_number')),
    sa.UniqueConstraint('form_token', name=op.f('uq_receipt_form_token')),
    sa.UniqueConstraint('public_id', name=op.f('uq_receipt_public_id'))
    )
    with op.batch_alter_table('receipt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_receipt_complaint_id'), ['complaint_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_receipt_member_id'), ['member_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_receipt_paid_on'), ['paid_on'], unique=False)

    op.create_table('document',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.Enum('complaint_form', 'order', 'result_letter', 'memo', 'slip', 'receipt', 'register', 'envelope', 'labels', name='documentkind', native_enum=False, length=32), nullable=False),
    sa.Column('complaint_id', sa.Integer(), nullable=True),
    sa.Column('receipt_id', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('template_version', sa.Integer(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('through_event_id', sa.Integer(), nullable=True),
    sa.Column('display_name', sa.String(length=255), nullable=False),
    sa.Column('byte_size', sa.Integer(), nullable=False),
    sa.Column('page_count', sa.Integer(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('storage_key', sa.String(length=120), nullable=False),
    sa.Column('made_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_document_complaint_id_complaint'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['made_by_id'], ['staff_user.id'], name=op.f('fk_document_made_by_id_staff_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['receipt_id'], ['receipt.id'], name=op.f('fk_document_receipt_id_receipt'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document')),
    sa.UniqueConstraint('public_id', name=op.f('uq_document_public_id'))
    )
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.create_index('ix_document_complaint', ['complaint_id', 'kind', 'version'], unique=False)
        batch_op.create_index('ix_document_receipt', ['receipt_id', 'version'], unique=False)
        batch_op.create_index(batch_op.f('ix_document_sha256'), ['sha256'], unique=False)

    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.add_column(sa.Column('rated_stars', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('confirmed_at', tables.base.UtcDateTime(timezone=True), nullable=True))

    with op.batch_alter_table('member', schema=None) as batch_op:
        batch_op.add_column(sa.Column('occupation', sa.String(length=160), nullable=True))
        batch_op.add_column(sa.Column('agency', sa.String(length=200), nullable=True))

    move_copies()
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.drop_column('copy_version')

    remember_ratings()
    give_grants()



def move_copies_back() -> None:
    """Hang the archived copies on their complaints again; other papers go with their table."""
    op.execute(
        'INSERT INTO attachment (public_id, stage, complaint_id, copy_version, display_name, media_type,'
        ' byte_size, page_count, sha256, storage_key, uploaded_at, uploaded_by_id)'
        " SELECT public_id, 'copy', complaint_id, version, display_name, 'application/pdf',"
        ' byte_size, page_count, sha256, storage_key, made_at, made_by_id'
        " FROM document WHERE kind = 'complaint_form' AND complaint_id IS NOT NULL ORDER BY id"
    )


def stop_counting() -> None:
    """Take the triggers away before their tables go; SQLite drops them with the copy of the table too."""
    postgresql = op.get_bind().dialect.name == 'postgresql'
    for name in ('insert', 'delete', 'update'):
        op.execute(f'DROP TRIGGER IF EXISTS complaint_count_{name}' + (' ON complaint' if postgresql else ''))
    if postgresql:
        op.execute('DROP FUNCTION IF EXISTS complaint_counted')


def take_grants_back() -> None:
    """No role holds a right the earlier version does not know."""
    grant = sa.table('role_grant', sa.column('permission', sa.String))
    given = sorted({permission for grants in GRANTS.values() for permission in grants})
    op.execute(grant.delete().where(grant.c.permission.in_(given)))


def downgrade() -> None:
    stop_counting()
    take_grants_back()
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('copy_version', sa.Integer(), nullable=True))
    move_copies_back()
    with op.batch_alter_table('member', schema=None) as batch_op:
        batch_op.drop_column('agency')
        batch_op.drop_column('occupation')

    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.drop_column('confirmed_at')
        batch_op.drop_column('rated_stars')

    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_document_sha256'))
        batch_op.drop_index('ix_document_receipt')
        batch_op.drop_index('ix_document_complaint')

    op.drop_table('document')
    with op.batch_alter_table('receipt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_receipt_paid_on'))
        batch_op.drop_index(batch_op.f('ix_receipt_member_id'))
        batch_op.drop_index(batch_op.f('ix_receipt_complaint_id'))

    op.drop_table('receipt')
    with op.batch_alter_table('report_schedule', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_report_schedule_owner_id'))
        batch_op.drop_index('ix_report_schedule_due')

    op.drop_table('report_schedule')
    op.drop_table('document_template')
    op.drop_table('receipt_book')
    op.drop_table('case_part_count')
    op.drop_table('case_count')
    with op.batch_alter_table('case_change', schema=None) as batch_op:
        batch_op.drop_index('ix_case_change_fold')

    op.drop_table('case_change')
