"""settings and the duty clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

import tables.base

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

# An existing town keeps its roles, so they are told here what they may do besides.
MAY_IMPORT_SHEETS = ('system_admin', 'central_unit')
WINDOW, EARLY = timedelta(days=14), timedelta(days=3)
MOMENT = tables.base.UtcDateTime(timezone=True)
ROWS_AT_A_TIME = 1000
# Cases of another system that nobody here took on: that system ends them (domain/duty_clock.py).
OURS = '(external_source IS NULL OR number IS NOT NULL OR assignee_id IS NOT NULL)'


def give_grants() -> None:
    """Let the product's roles bring in Excel files, where the town still has them."""
    role = sa.table('role', sa.column('id', sa.Integer), sa.column('code', sa.String))
    grant = sa.table(
        'role_grant',
        sa.column('role_id', sa.Integer),
        sa.column('permission', sa.String),
        sa.column('scope', sa.String),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(role.c.id).where(role.c.code.in_(MAY_IMPORT_SHEETS))).all():
        values = {'role_id': row.id, 'permission': 'sheet:import', 'scope': 'all'}
        connection.execute(grant.insert().values(values))


def start_clocks() -> None:
    """Give the cases there are their clocks: what was promised stays, what waits stands still since it waits.

    Nobody is reminded of what was late before this version came: the daily digest names it.
    """
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE holiday SET kind = 'substitute' WHERE name LIKE 'ชดเชย%'"))
    connection.execute(sa.text("UPDATE holiday SET kind = 'cabinet' WHERE name LIKE 'วันหยุดพิเศษ%'"))
    connection.execute(
        sa.text(
            "UPDATE complaint SET clock_started_at = coalesce((SELECT max(e.at) FROM complaint_event e"
            " WHERE e.complaint_id = complaint.id AND e.kind = 'reopen' AND e.undone_at IS NULL), received_at),"
            " promised_amount = (SELECT duration_max FROM subcategory WHERE id = complaint.subcategory_id),"
            " promised_unit = (SELECT duration_unit FROM subcategory WHERE id = complaint.subcategory_id)"
            " WHERE due_at IS NOT NULL"
        )
    )
    connection.execute(
        sa.text(
            "UPDATE complaint SET clock_stopped_at = (SELECT max(e.at) FROM complaint_event e"
            " WHERE e.complaint_id = complaint.id AND e.to_status = complaint.status"
            " AND e.kind <> 'undo' AND e.undone_at IS NULL"
            " AND (e.from_status IS NULL OR e.from_status <> e.to_status))"
            f" WHERE status IN ('awaiting_citizen', 'awaiting_plan', 'referred_out') AND {OURS}"
        )
    )
    connection.execute(
        sa.text(
            "INSERT INTO clock_pause (complaint_id, reason, started_at)"
            " SELECT id, CASE WHEN status = 'awaiting_citizen' THEN 'citizen'"
            " WHEN status = 'referred_out' THEN 'other_agency'"
            " WHEN plan_reason IN ('material', 'equipment') THEN 'material' ELSE 'plan' END, clock_stopped_at"
            " FROM complaint WHERE clock_stopped_at IS NOT NULL"
        )
    )
    plan_wakes(connection)


def plan_wakes(connection: sa.Connection) -> None:
    """Tell the scheduler when to look at each case next."""
    case = sa.table(
        'complaint',
        sa.column('id', sa.Integer),
        sa.column('status', sa.String),
        sa.column('clock_started_at', MOMENT),
        sa.column('finished_at', MOMENT),
        sa.column('clock_stopped_at', MOMENT),
        sa.column('due_at', MOMENT),
        sa.column('warn_at', MOMENT),
        sa.column('wake_at', MOMENT),
        sa.column('wake_step', sa.Integer),
    )
    states = ('submitted', 'accepted', 'directed', 'acknowledged', 'in_progress', 'awaiting_citizen', 'resolved')
    rows = connection.execute(
        sa.select(case).where(case.c.status.in_(states), sa.text(OURS)).order_by(case.c.id)
    ).all()
    changes = [change for row in rows if (change := next_look(row, datetime.now(UTC)))]
    for start in range(0, len(changes), ROWS_AT_A_TIME):
        connection.execute(
            case.update()
            .where(case.c.id == sa.bindparam('row_id'))
            .values(
                warn_at=sa.bindparam('warn', type_=MOMENT),
                wake_at=sa.bindparam('wake', type_=MOMENT),
                wake_step=sa.bindparam('step'),
            ),
            changes[start : start + ROWS_AT_A_TIME],
        )


def next_look(row: sa.Row, moment: datetime) -> dict[str, object] | None:
    """Return the warning and the next look at one case; None where there is nothing to look for."""
    if row.status == 'resolved':
        ends = row.finished_at + WINDOW if row.finished_at else None
        return _window(row.id, ends, moment)
    if row.status == 'awaiting_citizen':
        ends = row.clock_stopped_at + WINDOW if row.clock_stopped_at else None
        return _window(row.id, ends and max(ends, moment + EARLY), moment)
    if row.due_at is None or row.clock_started_at is None:
        return None
    warn = min(row.due_at, row.clock_started_at + (row.due_at - row.clock_started_at) * 80 // 100)
    if row.due_at <= moment:
        return {'row_id': row.id, 'warn': warn, 'wake': None, 'step': 2}
    is_warned = warn <= moment
    return {'row_id': row.id, 'warn': warn, 'wake': row.due_at if is_warned else warn, 'step': int(is_warned)}


def _window(row_id: int, ends: datetime | None, moment: datetime) -> dict[str, object] | None:
    """A window that is over already closes without a reminder: the citizen's days had passed before."""
    if ends is None:
        return None
    is_over = ends <= moment
    return {'row_id': row_id, 'warn': None, 'wake': ends if is_over else ends - EARLY, 'step': int(is_over)}


def upgrade() -> None:
    # ### commands auto generated by Alembic - please adjust! ###
    op.create_table('data_finding',
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('examples', sa.JSON(), nullable=False),
    sa.Column('checked_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_data_finding'))
    )
    op.create_table('sheet_import',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('members', 'staff', 'categories', 'subcategories', 'communities', 'holidays', 'roads', name='sheetkind', native_enum=False, length=32), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('state', sa.Enum('checked', 'applied', 'undone', name='sheetstate', native_enum=False, length=32), nullable=False),
    sa.Column('rows', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('undo', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('added', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('changed', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('unchanged', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('refused', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('applied_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('undone_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['staff_user.id'], name=op.f('fk_sheet_import_created_by_id_staff_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sheet_import'))
    )
    with op.batch_alter_table('sheet_import', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sheet_import_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_sheet_import_created_by_id'), ['created_by_id'], unique=False)

    op.create_table('clock_pause',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('complaint_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Enum('citizen', 'material', 'other_agency', 'plan', name='pausereason', native_enum=False, length=32), nullable=False),
    sa.Column('started_at', tables.base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', tables.base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('started_event_id', sa.Integer(), nullable=True),
    sa.Column('ended_event_id', sa.Integer(), nullable=True),
    sa.CheckConstraint('ended_at IS NULL OR ended_at >= started_at', name=op.f('ck_clock_pause_forwards')),
    sa.ForeignKeyConstraint(['complaint_id'], ['complaint.id'], name=op.f('fk_clock_pause_complaint_id_complaint'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ended_event_id'], ['complaint_event.id'], name=op.f('fk_clock_pause_ended_event_id_complaint_event'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['started_event_id'], ['complaint_event.id'], name=op.f('fk_clock_pause_started_event_id_complaint_event'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clock_pause'))
    )
    with op.batch_alter_table('clock_pause', schema=None) as batch_op:
        batch_op.create_index('ix_clock_pause_complaint', ['complaint_id', 'id'], unique=False)
        batch_op.create_index(batch_op.f('ix_clock_pause_ended_event_id'), ['ended_event_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_clock_pause_started_event_id'), ['started_event_id'], unique=False)

    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.add_column(sa.Column('promised_amount', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('promised_unit', sa.Enum('minutes', 'hours', 'office_minutes', 'office_hours', 'days', 'working_days', name='durationunit', native_enum=False, length=32), nullable=True))
        batch_op.add_column(sa.Column('clock_started_at', tables.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('clock_stopped_at', tables.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('warn_at', tables.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('wake_at', tables.base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('wake_step', sa.Integer(), server_default=sa.text('0'), nullable=False))
        batch_op.create_index('ix_complaint_wake_at', ['wake_at'], unique=False, sqlite_where=sa.text('wake_at IS NOT NULL'), postgresql_where=sa.text('wake_at IS NOT NULL'))

    with op.batch_alter_table('holiday', schema=None) as batch_op:
        batch_op.add_column(sa.Column('kind', sa.Enum('national', 'substitute', 'cabinet', 'town', 'workday', name='holidaykind', native_enum=False, length=32), server_default='national', nullable=False))
        batch_op.add_column(sa.Column('opens_at', sa.String(length=5), nullable=True))
        batch_op.add_column(sa.Column('closes_at', sa.String(length=5), nullable=True))

    with op.batch_alter_table('subcategory', schema=None) as batch_op:
        batch_op.add_column(sa.Column('season_from', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('season_to', sa.Integer(), nullable=True))

    with op.batch_alter_table('outbox_message', schema=None) as batch_op:
        batch_op.alter_column('recipient', existing_type=sa.String(length=80), type_=sa.String(length=254), existing_nullable=False)

    # ### end Alembic commands ###
    give_grants()
    start_clocks()


def downgrade() -> None:
    op.execute("DELETE FROM role_grant WHERE permission = 'sheet:import'")
    op.execute("DELETE FROM outbox_message WHERE length(recipient) > 80")
    # ### commands auto generated by Alembic - please adjust! ###
    with op.batch_alter_table('outbox_message', schema=None) as batch_op:
        batch_op.alter_column('recipient', existing_type=sa.String(length=254), type_=sa.String(length=80), existing_nullable=False)

    with op.batch_alter_table('subcategory', schema=None) as batch_op:
        batch_op.drop_column('season_to')
        batch_op.drop_column('season_from')

    with op.batch_alter_table('holiday', schema=None) as batch_op:
        batch_op.drop_column('closes_at')
        batch_op.drop_column('opens_at')
        batch_op.drop_column('kind')

    with op.batch_alter_table('complaint', schema=None) as batch_op:
        batch_op.drop_index('ix_complaint_wake_at', sqlite_where=sa.text('wake_at IS NOT NULL'), postgresql_where=sa.text('wake_at IS NOT NULL'))
        batch_op.drop_column('wake_step')
        batch_op.drop_column('wake_at')
        batch_op.drop_column('warn_at')
        batch_op.drop_column('clock_stopped_at')
        batch_op.drop_column('clock_started_at')
        batch_op.drop_column('promised_unit')
        batch_op.drop_column('promised_amount')

    with op.batch_alter_table('clock_pause', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_clock_pause_started_event_id'))
        batch_op.drop_index(batch_op.f('ix_clock_pause_ended_event_id'))
        batch_op.drop_index('ix_clock_pause_complaint')

    op.drop_table('clock_pause')
    with op.batch_alter_table('sheet_import', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sheet_import_created_by_id'))
        batch_op.drop_index(batch_op.f('ix_sheet_import_created_at'))

    op.drop_table('sheet_import')
    op.drop_table('data_finding')
    # ### end Alembic commands ###
