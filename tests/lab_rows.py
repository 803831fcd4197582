"""What a world has left in the lab's database, to compare; and an 855 of ours, to send to its EDI partner."""

from __future__ import annotations

import psycopg

SENT = """ISA*00*          *00*          *ZZ*CROSSDOCKDC    *ZZ*ACMERETAIL     *260302*0800*U*00401*000000007*0*P*>~
GS*PR*CROSSDOCKDC*ACMERETAIL*20260302*0800*31*X*004010~ST*855*0001~BAK*00*AD*{po}*20260302~SE*3*0001~GE*1*31~
IEA*1*000000007~"""
SHOWN = {
    "objects": """select system, kind, object_id, version, body, order_id, created_at, changed_at
        from lab.objects order by 1, 2, 3""",
    "pushes": "select system, topic, object_id, body, due_at, copies from lab.pushes order by due_at, object_id, topic",
    "files": "select path, content, due_at from lab.files order by path",
    "stock": "select * from lab.stock order by 1, 2",
    "orders": "select number, order_id, fault, ordered_at, ends_at, ended from lab.orders order by 1",
    "truth": """select exception_code, subject_id, via, from_at, until_at, evidence
        from truth.expectations order by subject_id, exception_code, from_at""",
    "faults": "select fault_id, kind, subject_id, injected_at, is_repaired from truth.faults order by 1",
}


def everything(lab: psycopg.Connection) -> dict[str, list]:
    """All that a world has shown and what is true of it; nothing of the wall clock."""
    return {name: lab.execute(sql).fetchall() for name, sql in SHOWN.items()}
