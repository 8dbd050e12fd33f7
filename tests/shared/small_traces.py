"""Tables of what few heads fetch, as SpAtten writes them."""

from pathlib import Path

HEAD = (
    "iteration_id,layer_id,head_id,embedding_length_D,sentence_length_L,key_fetch_num,quant_key_bit,"
    "quant_query_bit,if_requant,auto_requant_incre,value_fetch_num,quant_value_bit,if_topk,topk\n"
)
ROW = "0,0,0,64,100,100,8,16,False,-1,30,8,False,-1\n"
ROWS = (
    ROW + "0,0,1,64,100,100,8,16,False,-1,30,8,True,50\n"
    "0,1,0,64,100,50,8,16,True,4,10,-1,False,-1\n"
    "1,1,0,64,101,0,8,16,False,-1,0,8,False,-1\n"
)


def written(folder: Path, rows: str = ROWS) -> Path:
    """The table as a file in this folder."""
    file = folder / "trace.csv"
    file.write_text(HEAD + rows)
    return file
