"""What every ``model_type`` that is known means: its family, and how it differs from the family's rule.

A type stands here once its layers have been compared with those of the real module, for the class's defaults
and for edited ones; those with defaults of their own here, which ``transformers`` has no longer or never had,
with the code that they were published with. Any other type is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from flat_plugin.workload.configurations import (
    codecs,
    conformers,
    decoders,
    embeddings,
    encoder_decoder,
    encoders,
    gemma,
    hybrids,
    images,
    mixtures,
    sounds,
    windows,
)
from flat_plugin.workload.configurations.fields import Fields
from flat_plugin.workload.configurations.mixtures import Mixture
from flat_plugin.workload.configurations.shared_rules import Reading, with_head

Family = Callable[[Fields], Reading]


@dataclass(frozen=True)
class Type:
    """How a type is read.

    Args:
        read_layers: its family.
        aliases: other names of its fields than its class knows.
        defaults: what its class gave, of a type that ``transformers`` has no longer or never had.
        head: whether its decoder has an output head over a vocabulary.
    """

    read_layers: Family
    aliases: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, object] | None = None
    head: bool = False

    def read(self, f: Fields) -> Reading:
        """The layers, and the output head behind them where the type has one.

        Raises:
            FlatError: a field is missing or wrong.
        """
        reading = self.read_layers(f)
        return with_head(f, reading) if self.head else reading


def _all(names: str, read: Family, **aliases: str) -> dict[str, Type]:
    return {name: Type(read, aliases) for name in names.split()}


def _writing(types: Mapping[str, Type], without: str = "") -> dict[str, Type]:
    """The types with an output head over a vocabulary, but for some."""
    return {
        name: known if name in without.split() else replace(known, head=True) for name, known in types.items()
    }


_LLAMA = decoders.llama
_QWEN = Mixture("num_experts", width="moe_intermediate_size", dense=mixtures.sparse_step)
_DEEPSEEK = Mixture(
    "n_routed_experts", width="moe_intermediate_size", shared="n_shared_experts", dense=mixtures.first
)
_ERNIE = Mixture(
    "moe_num_experts",
    "moe_k",
    "moe_intermediate_size",
    shared="moe_num_shared_experts",
    dense=mixtures.interval,
)
_IMAGE = embeddings.image

_DECODERS = {
    **_all(
        "llama mistral ministral3 qwen2 qwen3 granite ernie4_5 hyperclovax exaone iquestcoder "
        "internlm3 seed_oss smollm3 cohere olmo olmo2 glm glm4 glm4v_text glm_image_text "
        "glm_ocr_text phi3 phi4_multimodal "
        "qwen3_vl_text granite_docling_text molmo2_text bitnet "
        "hunyuan_v1_dense ministral qwen2_5_omni_text emu3_text_model",
        _LLAMA,
    ),
    **_all("cohere2 exaone4", partial(_LLAMA, windows=windows.all_but_every(4, "sliding_window_pattern"))),
    **_all("olmo3", partial(_LLAMA, windows=windows.all_but_every(4))),
    **_all("cwm granite_swa", partial(_LLAMA, windows=windows.all_but_every(4, first=True))),
    **_all("stablelm qwen2_vl_text qwen2_5_vl_text", partial(_LLAMA, own_head_dim=False)),
    **_all("helium", partial(_LLAMA, square=True)),
    **_all("gemma", gemma.gemma),
    **_all("gemma2 vaultgemma", partial(gemma.gemma, windows=windows.all_but_every(2))),
    **_all("gemma3_text", partial(gemma.gemma, windows=windows.all_but_every(6, "sliding_window_pattern"))),
    **_all("gemma4_text gemma4_unified_text", gemma.gemma4),
    **_all("embedding_gemma2_text", partial(gemma.gemma4, global_kv_heads=1, encodes=True)),
    **_all(
        "cosmos3_edge_text apertus apertus1p5_text arcee jais2 nemotron starcoder2 phi",
        partial(_LLAMA, gated=False),
    ),
    **_all("nanochat", partial(_LLAMA, gated=False)),
    **_all("gpt_neox persimmon", partial(_LLAMA, gated=False, shared_heads=False, own_head_dim=False)),
    **_all("mixtral minimax_m2 granitemoe phimoe", partial(_LLAMA, mixture=Mixture())),
    **_all("gpt_oss", partial(_LLAMA, mixture=Mixture(), windows=windows.all_but_every(2))),
    **_all(
        "aria_text",
        partial(
            _LLAMA,
            mixture=Mixture("moe_num_experts", "moe_topk", shared="moe_num_shared_experts"),
        ),
    ),
    **_all("afmoe beam", partial(_LLAMA, gate=True, experts="num_experts", windows=windows.nowhere)),
    **_all("muse_glimmer_text", partial(_LLAMA, gate=True)),
    **_all("granitemoe_swa mellum", partial(_LLAMA, experts="num_local_experts")),
    **_all("granitemoeshared", partial(_LLAMA, mixture=Mixture(shared_width="shared_intermediate_size"))),
    **_all("qwen3_moe qwen3_vl_moe_text", partial(_LLAMA, mixture=_QWEN)),
    **_all("cohere2_moe hy_v3 flint sarvam_moe", partial(_LLAMA, experts="num_experts")),
    **_all("glm4_moe glm4v_moe_text dots1", partial(_LLAMA, mixture=_DEEPSEEK)),
    **_all("solar_open", partial(_LLAMA, mixture=replace(_DEEPSEEK, dense=mixtures.none))),
    **_all("higgs_audio_v2", partial(_LLAMA, besides="num_codebooks")),
    **_all("pocket_tts gradium_phonon_tts", decoders.speech),
    **_all("timesfm", decoders.timesfm),
    **_all("timesfm2_5", partial(decoders.timesfm, narrow=False)),
    **_all("mimi", codecs.mimi),
    **_all("csm", decoders.csm),
    **_all("dory", decoders.dory),
    **_all("git", encoder_decoder.git),
    **_all("idefics", encoder_decoder.idefics),
    **_all("cpmant", decoders.cpmant),
    **_all(
        "qwen2_moe",
        partial(
            _LLAMA,
            mixture=replace(_QWEN, shared_width="shared_expert_intermediate_size", shared_gate=True),
            windows=windows.odd_first,
        ),
    ),
    **_all("olmoe flex_olmo", partial(_LLAMA, mixture=Mixture("num_experts"))),
    **_all("exaone_moe", partial(_LLAMA, experts="num_experts")),
    **_all("llama4_text", decoders.llama4),
    **_all("ernie4_5_moe", partial(_LLAMA, mixture=_ERNIE)),
    **_all("deepseek_v2 deepseek_v3", partial(decoders.latent, mixture=_DEEPSEEK)),
    **_all("glm4_moe_lite", partial(decoders.latent, mixture=replace(_DEEPSEEK, dense=mixtures.by_kind))),
    **_all("minicpm3", partial(decoders.latent, even_values=True)),
    **_all("youtu", decoders.latent),
    **_all("gpt2 gptj codegen gpt_bigcode imagegpt gpt-sw3", decoders.gpt2),
    **_all("openai-gpt", partial(decoders.gpt2, inner=None)),
    **_all("ctrl", partial(decoders.gpt2, fixed="dff")),
    **_all("gpt_neo", decoders.gpt_neo),
    **_all("gpt_neox_japanese", decoders.gpt_neox_japanese),
    **_all("bloom", decoders.bloom, n_embed="hidden_size"),
    **_all("falcon", decoders.falcon),
    **_all("mpt", decoders.mpt),
    **_all("opt", partial(decoders.opt, narrow="word_embed_proj_dim")),
    **_all("xglm", decoders.opt),
    **_all("biogpt", partial(decoders.opt, feed_forward="intermediate_size")),
    **_all("xlm flaubert", decoders.xlm),
    "transfo-xl": Type(
        decoders.relative,
        {"hidden_size": "d_model", "num_attention_heads": "n_head", "num_hidden_layers": "n_layer"},
        {"d_model": 1024, "n_head": 16, "d_head": 64, "d_inner": 4096, "n_layer": 18, "mem_len": 1600},
    ),
    "internlm2": Type(_LLAMA, defaults={}),
    "kimi_k2": Type(partial(decoders.latent, mixture=_DEEPSEEK), defaults={}),
    "deepseek_v32": Type(partial(decoders.latent, mixture=_DEEPSEEK), defaults={}),
    **_all("xlnet", partial(decoders.relative, causal=False)),
}

_HYBRIDS = {
    **_all("jamba", hybrids.jamba),
    **_all("bamba", hybrids.bamba),
    **_all("granitemoehybrid", hybrids.granite),
    **_all("recurrent_gemma", hybrids.recurrent_gemma),
    **_all("lfm2", hybrids.lfm2),
    **_all("qwen3_5_text", hybrids.linear_hybrid),
    **_all("qwen3_5_moe_text", partial(hybrids.linear_hybrid, experts="num_experts")),
    **_all("lfm3_vl_vision", hybrids.lfm3_vision),
    **_all("qwen3_next", partial(hybrids.linear_hybrid, experts="num_experts")),
    **_all("olmo_hybrid", partial(hybrids.linear_hybrid, gate=False)),
    **_all("zamba", hybrids.zamba),
    **_all("zamba2", hybrids.zamba2),
    **_all("falcon_h1", hybrids.parallel),
    **_all("nemotron_h", hybrids.nemotron_h),
}

_OFFSET = partial(encoders.bert, offset=True)

_ENCODERS = {
    **_all(
        "bert bert-generation bros dpr electra ernie megatron-bert rembert roc_bert roformer tapas",
        encoders.bert,
    ),
    **_all("layoutlm splinter", partial(encoders.bert, decodes=False)),
    **_all("visual_bert", partial(encoders.bert, decodes=False, without=("bypass_transformer",))),
    **_all("roberta roberta-prelayernorm xlm-roberta xlm-roberta-xl camembert data2vec-text", _OFFSET),
    **_all("markuplm mpnet ibert", partial(encoders.bert, offset=True, decodes=False)),
    **_all("jina_embeddings_v3", partial(encoders.bert, decodes=False)),
    **_all("distilbert", partial(encoders.clip_text, causal=False), intermediate_size="hidden_dim"),
    **_all("esm", encoders.esm),
    **_all(
        "yoso", partial(encoders.approximate, name="use_expectation", why="sampled attention is not modelled")
    ),
    **_all(
        "nystromformer", partial(encoders.approximate, name="num_landmarks", why="landmarks are not modelled")
    ),
    **_all(
        "mra", partial(encoders.approximate, name="approx_mode", why="blocks by resolution are not modelled")
    ),
    **_all("canine", encoders.canine),
    **_all("neomme", encoders.neomme),
    **_all("blip_2_qformer", encoders.qformer),
    **_all("ultrabert", encoders.ultrabert),
    **_all("albert", encoders.albert),
    **_all("mobilebert", encoders.mobilebert),
    **_all("modernbert", encoders.modern),
    **_all("modernbert-decoder", partial(encoders.modern, decoder=True)),
    **_all("eurobert esmc gte", encoders.gated_encoder),
    **_all(
        "nomic_bert",
        encoders.nomic,
        n_embd="hidden_size",
        n_head="num_attention_heads",
        n_inner="intermediate_size",
        n_layer="num_hidden_layers",
        n_positions="max_position_embeddings",
    ),
    **_all("longformer", encoders.longformer),
    **_all("big_bird", encoders.big_bird),
    **_all("deberta deberta-v2", encoders.deberta),
    **_all(
        "clip_text_model clipseg_text_model metaclip_2_text_model owlvit_text_model owlv2_text_model "
        "groupvit_text_model xclip_text_model",
        encoders.clip_text,
    ),
    **_all("altclip_text_model", encoders.altclip_text),
    **_all(
        "siglip_text_model siglip2_text_model chinese_clip_text_model tipsv2_text_model",
        partial(encoders.clip_text, causal=False),
    ),
}

_PAIRS = {
    **_all(
        "bart mbart marian pegasus m2m_100 blenderbot blenderbot-small plbart mvp fsmt", encoder_decoder.bart
    ),
    **_all(
        "whisper",
        partial(
            encoder_decoder.bart,
            source="max_source_positions",
            target="max_target_positions",
            beside=sounds.halved,
            padded=True,
        ),
    ),
    **_all(
        "speech_to_text",
        partial(
            encoder_decoder.bart,
            source="max_source_positions",
            target="max_target_positions",
            halvings="num_conv_layers",
            beside=sounds.gated_halvings,
        ),
    ),
    **_all(
        "pegasus_x",
        partial(
            encoder_decoder.sparse_bart, name="block_size", why="attention within blocks is not modelled"
        ),
    ),
    **_all(
        "bigbird_pegasus",
        partial(
            encoder_decoder.sparse_bart,
            name="attention_type",
            why="blocks of keys at random are not modelled",
            dense="original_full",
        ),
    ),
    **_all("nllb-moe", encoder_decoder.expert_bart),
    **_all("led", encoder_decoder.led),
    **_all("t5 mt5 umt5 pop2piano", encoder_decoder.t5),
    **_all("udop", partial(encoder_decoder.t5, images=True)),
    **_all("switch_transformers", partial(encoder_decoder.t5, experts="num_experts", gated=False)),
    **_all("longt5", encoder_decoder.longt5),
    **_all("moonshine", encoder_decoder.moonshine),
    **_all("cohere_asr", conformers.transcriber),
}

_IMAGES = {
    **_all("vit vit_msn beit data2vec-vision", partial(images.vit, embed=_IMAGE(1))),
    **_all("deit", partial(images.vit, embed=_IMAGE(2))),
    **_all("siglip_vision_model", partial(images.pooled, head="vision_use_head", embed=_IMAGE())),
    **_all("ijepa idefics3_vision smolvlm_vision", partial(images.vit, embed=_IMAGE())),
    **_all("vit_mae", partial(images.vit, embed=embeddings.kept)),
    **_all("dinov2", partial(images.ratio_vit, embed=_IMAGE(1))),
    **_all(
        "dinov2_with_registers", partial(images.ratio_vit, embed=_IMAGE(1, registers="num_register_tokens"))
    ),
    **_all(
        "tipsv2_vision_model", partial(images.ratio_vit, embed=_IMAGE(1, registers="num_register_tokens"))
    ),
    **_all("pixio", partial(images.ratio_vit, embed=_IMAGE(classes="n_cls_tokens"))),
    **_all(
        "dinov3_vit",
        partial(images.gated_vit, flag="use_gated_mlp", embed=_IMAGE(1, registers="num_register_tokens")),
    ),
    **_all("pixtral", partial(images.gated_vit, embed=_IMAGE())),
    **_all("aimv2_vision_model", partial(images.pooled, head="use_head", aimv2=True, embed=_IMAGE())),
    **_all("internvl_vision qianfan_ocr_vision", partial(images.vit, embed=_IMAGE(1))),
    **_all("minicpm_ocr_vision minicpmv4_7_vision", images.merging),
    **_all("video_llama_3_vision kimi_k25_vision", partial(images.vit, embed=embeddings.any_size)),
    **_all("yolos", partial(images.vit, embed=_IMAGE(1, registers="num_detection_tokens"))),
    **_all("vilt", partial(images.vit, embed=embeddings.with_text)),
    **_all("videomae", partial(images.vit, embed=embeddings.video())),
    **_all("vivit", partial(images.vit, embed=embeddings.video(1))),
    **_all("audio-spectrogram-transformer", partial(images.vit, embed=embeddings.spectrogram)),
    **_all(
        "clip_vision_model chinese_clip_vision_model clipseg_vision_model metaclip_2_vision_model "
        "altclip_vision_model git_vision_model owlvit_vision_model owlv2_vision_model mlcd mlcd_vision_model "
        "blip_vision_model blip_2_vision_model instructblip_vision_model idefics_vision",
        partial(images.vit, embed=_IMAGE(1)),
    ),
    **_all("siglip2_vision_model", partial(images.pooled, head="vision_use_head", embed=embeddings.patched)),
    **_all("cosmos3_edge_vision", partial(images.vit, embed=embeddings.patched)),
    **_all("sam3_vit_model", images.windowed),
    **_all("timesformer", images.timesformer),
    **_all("muse_spark_vision", images.spark),
}

_SOUNDS = {
    **_all("parakeet_encoder", conformers.parakeet),
    **_all("nemotron_asr_streaming_encoder", partial(conformers.parakeet, streams=True)),
    **_all("wav2vec2-conformer", conformers.wav2vec2),
    **_all("granite_speech5_encoder", conformers.granite),
    **_all("wav2vec2 hubert unispeech unispeech-sat wavlm omniasr_audio", sounds.speech),
    **_all("data2vec-audio", partial(sounds.speech, repeated=True)),
    **_all(
        "qwen2_audio_encoder voxtral_encoder audioflamingo3_encoder moss_transcribe_diarize_audio",
        partial(sounds.audio, tokens="max_source_positions"),
    ),
    **_all(
        "glmasr_encoder",
        partial(sounds.audio, tokens="max_position_embeddings", shared_heads=True, own_head_dim=True),
    ),
    **_all("fun_asr_nano_encoder", sounds.fun_asr),
    **_all(
        "nemotron3_5_transcribe_asr_audio nemotron3_diarization_audio",
        partial(sounds.audio, tokens="max_position_embeddings", beside=sounds.stacked, own_head_dim=True),
    ),
}

TYPES: Mapping[str, Type] = {
    **_writing(
        _DECODERS,
        # Codes, values and images have heads of their own; adaptive ones are not those of a vocabulary.
        without="csm mimi timesfm timesfm2_5 pocket_tts gradium_phonon_tts higgs_audio_v2 transfo-xl "
        "embedding_gemma2_text xlm flaubert emu3_text_model",
    ),
    **_writing(_HYBRIDS, without="lfm3_vl_vision"),
    **_ENCODERS,
    **_writing(_PAIRS, without="fsmt pop2piano udop"),
    **_IMAGES,
    **_SOUNDS,
}

WITHOUT_ATTENTION = frozenset(
    (
        *("mamba", "mamba2", "falcon_mamba", "rwkv", "xlstm", "hyena", "fnet", "bit", "resnet", "regnet"),
        *("convnext", "convnextv2", "efficientnet", "mobilenet_v1", "mobilenet_v2"),
    )
)
