"""Traces: any rows of the form are read; what cannot be is refused with its line and column."""

import gzip
import random

import pytest

from flat_plugin.errors import FlatError
from flat_plugin.workload.trace import TraceRow, read_trace

HEAD = list(TraceRow.__annotations__)
ROW = dict(
    zip(
        HEAD,
        ["0", "0", "0", "64.0", "993", "993", "6", "16", "True", "4", "204", "6", "False", "-1"],
        strict=True,
    ),
)


def written(path, *rows, head=HEAD, remark=""):
    lines = [",".join(head), *(",".join(str(row[name]) for name in head) for row in rows)]
    text = "\n".join([*lines, *([remark] if remark else [])]) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def random_row(chance, step, layer, head):
    length = chance.randint(1, 60)
    keys = chance.randint(0, length)
    again, chosen = chance.random() < 0.3, chance.random() < 0.3
    return {
        "iteration_id": step,
        "layer_id": layer,
        "head_id": head,
        "embedding_length_D": chance.choice((8, 64, 128.0)),
        "sentence_length_L": length,
        "key_fetch_num": keys,
        "quant_key_bit": chance.randint(1, 12) if again else chance.choice((-1, 4, 8)),
        "quant_query_bit": chance.choice((-1, 8, 16)),
        "if_requant": again,
        "auto_requant_incre": chance.randint(1, 4) if again else chance.choice((-1, 4)),
        "value_fetch_num": chance.randint(0, keys),
        "quant_value_bit": chance.choice((-1, 3, 6)),
        "if_topk": chosen,
        "topk": chance.randint(1, length) if chosen else -1,
    }


@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
@pytest.mark.parametrize("seed", range(20))
def test_bits_and_products_are_those_of_the_rows_added_up(seed, ending, tmp_path):
    chance = random.Random(seed)
    rows = [random_row(chance, s, n, h) for s in range(3) for n in range(2) for h in range(3)]
    chance.shuffle(rows)
    head = chance.sample(HEAD, len(HEAD))
    remark = "configs/run.yml" + "," * (len(HEAD) - 1) if seed % 2 else ""
    trace = read_trace(written(tmp_path / f"t{ending}", *rows, head=head, remark=remark))
    assert (trace.steps, trace.layers) == (3, (0, 1))
    bits = macs = again = 0
    for row in rows:
        for name, width in (("key", 11), ("value", 9)):
            own = row[f"quant_{name}_bit"]
            bits += row[f"{name}_fetch_num"] * int(row["embedding_length_D"]) * (width if own == -1 else own)
            macs += row[f"{name}_fetch_num"] * int(row["embedding_length_D"])
        if row["if_requant"]:
            again += row["key_fetch_num"] * int(row["embedding_length_D"]) * row["auto_requant_incre"]
    assert sum(n * head.bits((11, 9)) for n, head in trace.rows) == bits
    assert sum(n * head.macs for n, head in trace.rows) == macs
    assert sum(n * head.again_bits for n, head in trace.rows) == again
    dense = sum(int(row["embedding_length_D"]) * row["sentence_length_L"] * 20 for row in rows)
    assert sum(n * head.dense_bits((11, 9)) for n, head in trace.rows) == dense


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"key_fetch_num": 994}, "key_fetch_num"),
        ({"key_fetch_num": 100}, "value_fetch_num"),
        ({"key_fetch_num": -1}, "key_fetch_num"),
        ({"key_fetch_num": ""}, "key_fetch_num"),
        ({"key_fetch_num": "many"}, "key_fetch_num"),
        ({"key_fetch_num": 3.5}, "key_fetch_num"),
        ({"value_fetch_num": "nan"}, "value_fetch_num"),
        ({"embedding_length_D": 0}, "embedding_length_D"),
        ({"embedding_length_D": 64.5}, "embedding_length_D"),
        ({"sentence_length_L": "1e300"}, "sentence_length_L"),
        ({"iteration_id": -1}, "iteration_id"),
        ({"layer_id": ""}, "layer_id"),
        ({"head_id": "first"}, "head_id"),
        ({"quant_key_bit": 0}, "quant_key_bit"),
        ({"quant_key_bit": -1}, "quant_key_bit"),
        ({"quant_query_bit": -2}, "quant_query_bit"),
        ({"quant_value_bit": 129}, "quant_value_bit"),
        ({"if_requant": "yes"}, "if_requant"),
        ({"auto_requant_incre": -1}, "auto_requant_incre"),
        ({"auto_requant_incre": 0}, "auto_requant_incre"),
        ({"if_topk": 1}, "if_topk"),
        ({"if_topk": "True"}, "topk"),
        ({"topk": 5}, "topk"),
        ({"if_topk": "True", "topk": 994}, "topk"),
        ({"topk": 0}, "topk"),
    ],
)
def test_every_column_is_checked(changes, column, tmp_path):
    file = written(tmp_path / "t.csv", ROW, {**ROW, "head_id": 1} | changes)
    with pytest.raises(FlatError) as refused:
        read_trace(file)
    assert f"{file}: line 3.{column}: " in str(refused.value)


def test_damaged_tables_are_refused(tmp_path):
    whole = written(tmp_path / "whole.csv", ROW, {**ROW, "head_id": 1}).read_text()
    packed = gzip.compress(whole.encode())
    damaged = {
        "empty.csv": b"",
        "no rows.csv": whole.splitlines()[0].encode(),
        "cut off.csv": whole[:-20].encode(),
        "cut off.csv.gz": packed[:-9],
        "not packed.csv.gz": whole.encode(),
        "no text.csv": b"\xff\xfe" + whole.encode(),
        "no column.csv": whole.replace(",topk\n", "\n").replace(",-1\n", "\n").encode(),
        "another column.csv": whole.replace("topk\n", "topk,more\n").replace(",-1\n", ",-1,1\n").encode(),
        "renamed.csv": whole.replace("key_fetch_num", "keys").encode(),
        "column twice.csv": whole.replace("topk\n", "topk,topk\n").replace(",-1\n", ",-1,-1\n").encode(),
        "head twice.csv": (whole + whole.splitlines()[-1]).encode(),
        "row without its end.csv": (whole + "0,1" + "," * 12).encode(),
        "remark inside.csv": whole.replace("\n0,0,1", "\nconfig" + "," * 13 + "\n0,0,1").encode(),
    }
    for name, content in damaged.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FlatError, match=name):
            read_trace(tmp_path / name)
    with pytest.raises(FlatError, match="no such table"):
        read_trace(tmp_path / "none.csv")
