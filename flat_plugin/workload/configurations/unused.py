"""Fields that change nothing that is printed, and why.

Everything that is printed follows from the sizes of products and the keys that a query attends to. A field is
here because it touches neither, in any type that is known.
"""

from __future__ import annotations

from collections.abc import Mapping

_REASONS = {
    "a name or a version, or where and how the file was made": (
        "_commit_hash _name_or_path adapters auto_map custom_pipelines feature_extractor_type "
        "finetuning_task gradient_checkpointing image_processor_type init_device language languages "
        "model_type n_ctx name_or_path pretraining_tp processor_class sampling_rate tokenizer_class "
        "transformers_version unsloth_fixed unsloth_version"
    ),
    "a matter of training: drop-out, losses, masks of features, starting weights": (
        "activation_dropout aggregation_loss_weight alpha_initializer alpha_type alphas_initializer_range "
        "answer_loss_cutoff answer_loss_importance apply_spec_augment attention_drop attention_dropout "
        "aux_loss_alpha attention_dropout_prob attention_probs_dropout_prob "
        "attn_pdrop aux_loss_coef auxiliary_loss "
        "auxiliary_loss_weight bbox_cost bbox_loss_coefficient class_cost classif_dropout "
        "classifier_dropout classifier_dropout_prob conformer_conv_dropout "
        "contrastive_logits_temperature ctc_loss_reduction "
        "ctc_zero_infinity decoder_layerdrop deterministic_flash_attn "
        "disable_per_token_loss dropout_positions "
        "diversity_loss_weight drop_path_rate dropout dropout_p dropout_rate emb_pdrop embd_pdrop "
        "embed_dropout embed_init_std embedding_dropout encoder_layerdrop eos_coefficient eos_loss_weight "
        "feat_dropout feat_proj_dropout feat_quantizer_dropout final_dropout final_w_init_variance_scale "
        "flow_loss_num_samples freeze_lm_head freeze_text_layers freeze_text_module_exceptions "
        "freeze_vision_layers freeze_vision_module_exceptions giou_cost giou_loss_coefficient hidden_drop "
        "hidden_dropout hidden_dropout_prob huber_loss_delta init init_cell_selection_weights_to_zero "
        "init_range init_std init_xavier_std initializer_cutoff_factor initializer_factor initializer_range "
        "initializer_std input_jitter_noise label_smoothing lambda_std_dev layerdrop lsd_diagonal_weight "
        "lsd_distill_probability lsd_time_logit_mean lsd_time_logit_std lsh_backward mask_feature_length "
        "mask_feature_min_masks mask_feature_prob mask_time_length mask_time_min_masks mask_time_prob "
        "mlp_dropout norm_pix_loss num_negatives pooler_dropout positive_label_weight projection_dropout "
        "projection_init_std qa_dropout replace_prob resid_dropout resid_pdrop residual_dropout "
        "router_aux_loss_coef router_jitter_noise router_z_loss_coef semantic_loss_ignore_index "
        "seq_classif_dropout sparse_pred_ignore_index sparse_prediction summary_first_dropout "
        "summary_last_dropout token_dropout tolerance use_answer_as_supervision use_mems_train "
        "use_normalized_answer_loss w_init_variance_scale z_loss_coefficient"
    ),
    "an element-wise step that is not counted, or of a type whose norms and activations are not known": (
        "_remove_final_layer_norm activation activation_function add_bias_linear add_bias_logits "
        "add_final_layer_norm add_qkv_bias afn apply_residual_connection_post_layernorm asm attention_bias "
        "attention_multiplier attention_out_bias attention_softmax_in_fp32 attn_logit_softcapping bias "
        "clip_qkv conv_bias convolution_bias dim_model_base "
        "dense_act_fn do_layer_norm_before do_stable_layer_norm emb_layer_norm_before "
        "embedding_multiplier embedding_scale embedding_scale_factor enable_bias eps "
        "feat_extract_activation feat_extract_norm feat_proj_layer_norm ff_activation final_layer_norm "
        "final_logit_softcapping gelu_activation hidden_act hidden_activation key_bias "
        "layer_norm_elementwise_affine layer_norm_eps layer_norm_epsilon layer_scale layer_scale_init_value "
        "layernorm_embedding layerscale_value lm_head_bias logit_scale logit_scale_init_value "
        "logits_scaling logits_soft_cap mlp_bias mlp_hidden_act mup_enabled no_bias norm_after norm_bias "
        "norm_eps norm_epsilon norm_type normalization_type normalize_before normalize_embedding "
        "normalize_router_prob_before_dropping num_ln_in_parallel_attn output_multiplier parallel_attn "
        "pooling_epsilon post_norm_eps pre_norm proj_bias qk_layer_norms qk_layernorm qk_norm_type "
        "qk_scale_factor qkv_bias query_bias query_pre_attn_scalar qv_bias reorder_and_upcast_attn "
        "rescale_embeddings rescale_prenorm_residual scale_depth scale_emb residual_in_fp32 ngpt_alpha_init "
        "residual_multiplier rms_norm "
        "rms_norm_eps scale_attention_softmax_in_fp32 scale_attn_by_inverse_layer_idx scale_attn_weights "
        "scale_decoder_outputs scale_embedding scale_input scale_sqrt_depth slow_but_exact swiglu_alpha "
        "swiglu_limit use_attention_scaling use_bias use_embedding_scaling use_parallel_residual "
        "use_post_norm use_qk_norm use_qkv_bias value_bias"
    ),
    "how positions are written into Q, K or the embeddings: no product": (
        "alibi alibi_bias_max attn_scale attn_temperature_tuning embedding_fraction extra_pos_embeddings "
        "floor_scale global_rope_theta initial_context_length layer_rope_theta learned_pos_emb "
        "local_rope_theta max_2d_position_embeddings max_bucket_distance "
        "max_distance max_rel_pos max_timescale "
        "min_timescale no_rope_layer_interval no_rope_layers num_buckets num_hash_functions num_pos_feats "
        "original_max_position_embeddings partial_rotary_factor pos_embed_jitter pos_embed_rescale "
        "pos_embed_shift position_bias_max_distance position_bias_num_buckets position_biased_input "
        "position_embedding_type rel_pos_bins rel_pos_zero_init relative_attention_max_distance "
        "relative_attention_num_buckets relative_bias_args reset_position_index_per_cell rope_interleave "
        "rope_interleaved rope_local_base_freq rope_parameters rope_scaling rope_scaling_layers rope_theta "
        "rotary_base rotary_dim rotary_embedding_base "
        "rotary_emb_base rotary_pct rotary_value sinusoidal_embeddings "
        "sinusoidal_pos_embds static_position_embeddings upsampling_kernel_size use_abs_pos "
        "use_absolute_position_embeddings use_mid_position_embeddings use_positional_embedding use_rel_pos "
        "use_relative_position_bias use_shared_relative_position_bias"
    ),
    "the embeddings and what stands before the layers: not part of a block": (
        "_frame_rate additional_vocab_size audio_channels bbox_scale codebook_dim codebook_size "
        "codevector_dim compress concat_input "
        "conv_pos_batch_norm decoder_vocab_size dilation_growth_rate "
        "dim_bbox dim_bbox_projection dim_bbox_sinusoid_emb_1d dim_bbox_sinusoid_emb_2d duration_delta "
        "duration_delta_max_period duration_delta_scale embed_dim embedding_size enable_pronunciation "
        "enable_shape frame_rate freq_size in_channels input_embedding_size "
        "kernel_size langs last_kernel_size latent_stats_ema_decay "
        "latent_stats_ema_steps layer_scale_initial_scale max_depth max_num_columns max_num_rows "
        "max_xpath_subs_unit_embeddings max_xpath_tag_unit_embeddings merge_kernel_size "
        "modality_type_vocab_size n_langs n_words num_clusters num_codevector_groups "
        "num_codevectors_per_group "
        "num_feat_extract_layers num_filters num_hash_buckets num_quantizers "
        "num_residual_layers num_semantic_quantizers num_speakers num_speakers_vocab_size "
        "output_embedding_size output_vocab_size pad_mode pos_emb_height pos_emb_time "
        "pos_emb_width prompt_types pronunciation_embed_dim pronunciation_vocab_size residual_kernel_size "
        "segment_types shape_embed_dim shape_vocab_size share_encoder_decoder_embeddings "
        "special_visual_initialize src_vocab_size subs_pad_id tag_pad_id "
        "task_type_vocab_size temporal_patch_size text_vocab_size tgt_vocab_size trigram_input "
        "trim_right_ratio type_vocab_size type_vocab_sizes upsample_groups "
        "use_causal_conv use_conv_shortcut use_lang_emb use_mask_token use_task_id "
        "vector_quantization_hidden_dimension vision_vocab_size visual_embedding_dim "
        "vocab_size_per_layer_input xpath_unit_hidden_size"
    ),
    "of an encoder, which writes no tokens; of a decoder, whose output head they say, they are read": (
        "architectures vocab_size"
    ),
    "heads and poolers behind the layers: not part of a block": (
        "adapter_kernel_size adapter_stride add_fpn aggregation_labels aggregation_temperature "
        "allow_empty_column_selection apply_layernorm auxiliary_channels auxiliary_concat_input "
        "auxiliary_num_convs average_approximation_function average_logits_per_cell "
        "cell_selection_preference classifier_activation classifier_bias classifier_pooling "
        "classifier_proj_size decode_index decoder_bias decoder_hidden_size decoder_intermediate_size "
        "decoder_num_attention_heads decoder_num_hidden_layers embedding_dim encoder_stride end_n_top "
        "force_flip_invariance horizon_length id2label infer_is_positive is_native label2id mtp_layer_types "
        "mtp_mlp_layer_types n_relations no_aggregation_label_index num_adapter_layers "
        "num_aggregation_labels num_ctc_classes num_labels num_logits_to_keep num_nextn_predict_layers "
        "num_timestamp_prediction_layers out_features out_indices output_channels output_hidden_size "
        "output_past output_quantile_len pool_scales pooler_act pooler_fc_size pooler_hidden_act "
        "pooler_hidden_size pooler_num_attention_heads pooler_num_fc_layers pooler_output_size "
        "pooler_size_per_head pooler_type prediction_head_size problem_type proj_codevector_dim project_dim "
        "projection_dim projection_size quantiles reshape_hidden_states scale select_one_column stage_names "
        "start_n_top summary_activation summary_proj_to_labels summary_type summary_use_proj tdnn_dilation "
        "tdnn_dim tdnn_kernel tie_codebooks_embeddings tie_encoder_decoder tie_word_embeddings "
        "use_auxiliary_head use_continuous_quantile_head use_gumbel_for_aggregation use_gumbel_for_cells "
        "use_head use_mean_pooling use_weighted_layer_sum vision_feature_select_strategy vision_output_dim "
        "vision_use_head xvector_output_dim"
    ),
    "tokens with a meaning, not their number": (
        "ignore_index audio_bos_token_id audio_delay_token_id audio_eos_token_id audio_latent_token_id "
        "audio_prompt_bos_token_id audio_prompt_token_id audio_stream_bos_id audio_stream_eos_id "
        "audio_token_id audio_token_index begin_suppress_tokens boi_token_index bos_index bos_token_id "
        "cls_token_id codebook_eos_token_id codebook_pad_token_id decoder_start_token_id eod_token_id "
        "document_token_id eoi_token_index eos_index eos_token_id forced_bos_token_id forced_eos_token_id "
        "image_token_id "
        "image_token_index lang_id mask_index mask_token_id pad_index pad_token_id pad_val "
        "question_token_id sep_token_id suppress_tokens unk_index unk_token_id video_token_id "
        "vision_end_token_id vision_start_token_id vision_token_id"
    ),
    "how answers are generated, cached or given back": (
        "bad_words_ids cache_implementation chunk_size_feed_forward cross_attention_hidden_size "
        "diversity_penalty do_sample early_stopping encoder_no_repeat_ngram_size "
        "exponential_decay_length_penalty keep_multihead_output length_penalty max_image_length max_length "
        "max_new_tokens median_filter_width min_length no_repeat_ngram_size num_beam_groups num_beams "
        "num_images num_return_sequences onnx_export output_attentions output_hidden_states "
        "output_router_logits output_scores prefix remove_invalid_values repetition_penalty return_dict "
        "return_dict_in_generate task_specific_params temperature top_k top_p typical_p use_bfloat16 "
        "use_cache use_streaming"
    ),
    "the type of the numbers: the width of a word is the architecture's": (
        "dtype force_dequant quant_mode torch_dtype torchscript"
    ),
    "layers that do not attend, approximated attention: a gap refuses what these touch": (
        "adapter_rank attention_in_multiplier attention_out_multiplier block_per_row chunk_size "
        "conv_kernel_size conv_window expand hash_code_len hidden_mamba_act "
        "hybrid_layer_ids initial_prior_diagonal_n_blocks initial_prior_first_n_blocks "
        "inv_coeff_init_option key_multiplier kv_channels linear_a_log_max linear_a_log_min "
        "linear_allow_neg_eigval linear_dt_init_floor linear_dt_max linear_dt_min "
        ""
        "lm_head_multiplier mamba_conv_bias "
        "mamba_dt_limit mamba_head_dim mamba_headdim mamba_hidden_act "
        "mamba_ngroups mamba_norm_before_gate mamba_num_heads mamba_proj_bias "
        "mamba_rms_norm mamba_ssm_cache_dtype mlp_multipliers moe_latent_size moe_shared_expert_overlap "
        "mtp_layers_block_type n_groups n_mamba_heads num_global_tokens num_hash num_mem_blocks "
        "num_query_groups pretrain_image_size projectors_bias segment_means_seq_len ssm_in_multiplier "
        "ssm_multipliers ssm_out_multiplier ssm_state_size stagger_local_blocks time_step_floor "
        "time_step_limit time_step_max time_step_min use_conv_bias use_long_context use_mem_rope "
        "use_resampler use_shared_attention_adapter"
    ),
    "other parts of a model, beside the one that is read": (
        "audio_config codec_config depth_decoder_config flow_head_config perceiver_config qformer_config "
        "vision_config"
    ),
    "how the same products are carried out": (
        "_attn_implementation _attn_implementation_internal attn_implementation batch_prioritized_routing "
        "bias_dropout_fusion expert_capacity flash_attn fused_bias_fc fused_dropout_add_ln fused_mlp legacy "
        "mamba_chunk_size moe_eval_capacity_token_fraction "
        "moe_token_dropout masked_softmax_fusion router_dtype "
        "router_ignore_padding_tokens second_expert_policy use_associative_scan "
        "use_fast_hash use_flash_attn use_mamba_kernels "
        "use_mambapy use_mem_eff_path use_xformers"
    ),
}

UNUSED: Mapping[str, str] = {name: reason for reason, names in _REASONS.items() for name in names.split()}
"""The reason of every field that changes nothing."""
