#include "learning/models/script/operator_list.h"

#include <iterator>
#include <set>
#include <sstream>
#include <string>

namespace murmur {
namespace {

/// Operators of PyTorch 1.13 whose results follow from their arguments alone.  Left out: random
/// ones, those that leave memory uninitialized (empty) or change a tensor's storage (set_, resize_),
/// files (from_file, save), other devices, quantized and sparse tensors, gradients inside a pass.
constexpr const char* kTensorOperators = R"(
Bool Complex ComplexImplicit Float FloatImplicit Int IntImplicit ScalarImplicit Size
__and__ __contains__ __derive_index __getitem__ __iand__ __interpolate __ior__ __is__
__isnot__ __ixor__ __lshift__ __not__ __or__ __range_length __round_to_zero_floordiv
__rshift__ __upsample __upsample_bilinear __upsample_nearest __xor__ _adaptive_avg_pool2d
_adaptive_avg_pool3d _assert_async _batch_norm_impl_index _cast_Float _cast_Int _cast_Long
_convolution _convolution_mode _dim_arange _euclidean_dist _get_tracing_state
_grad_sum_to_size _infer_size _list_to_tensor _log_softmax _masked_softmax
_native_multi_head_attention _pack_padded_sequence _pad_circular _pad_enum
_pad_packed_sequence _reshape_from_tensor _scaled_dot_product_attention _set_item
_shape_as_tensor _size_if_not_equal _softmax _stack _tensor_to_list
_transform_bias_rescale_qkv _transformer_encoder_layer_fwd _trilinear _unique _unique2
_unsafe_view _unwrap_optional _upsample_bicubic2d_aa _upsample_bilinear2d_aa
_upsample_nearest_exact1d _upsample_nearest_exact2d _upsample_nearest_exact3d _weight_norm
abs absolute acos acosh adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d add addbmm addcdiv addcmul
addmm addmv addr adjoint affine_grid_generator alias alias_copy all allclose amax amin
aminmax angle any append arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh
argmax argmin argsort argwhere as_strided as_strided_copy as_strided_scatter as_tensor
asin asinh atan atan2 atanh atleast_1d atleast_2d atleast_3d avg_pool1d avg_pool2d
avg_pool3d baddbmm bartlett_window batch_norm bilinear bin binary_cross_entropy
binary_cross_entropy_with_logits bincount bitwise_and bitwise_left_shift bitwise_not
bitwise_or bitwise_right_shift bitwise_xor blackman_window block_diag bmm
broadcast_tensors broadcast_to bucketize can_cast capitalize cartesian_prod cat cdist ceil
celu center chain_matmul chalf channel_shuffle cholesky cholesky_inverse cholesky_solve
chr chunk clamp clamp_max clamp_min clear clip clone col2im column_stack combinations
complex concat concatenate conj conj_physical constant_pad_nd contiguous conv1d conv2d
conv3d conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d convolution copy_
copysign corrcoef cos cosh cosine_embedding_loss cosine_similarity count count_nonzero cov
cpu cross cross_entropy_loss ctc_loss cummax cummin cumprod cumsum cumulative_trapezoid
deg2rad degrees det detach detach_copy device diag diag_embed diagflat diagonal
diagonal_copy diagonal_scatter dict diff digamma dim dist div divide divmod dot dsplit
dstack einsum element_size elu embedding embedding_bag endswith eq equal erf erfc erfinv
exp exp2 expand expand_as expand_copy expandtabs expm1 extend eye fabs factorial fft_fft
fft_fft2 fft_fftfreq fft_fftn fft_fftshift fft_hfft fft_hfft2 fft_hfftn fft_ifft fft_ifft2
fft_ifftn fft_ifftshift fft_ihfft fft_ihfft2 fft_ihfftn fft_irfft fft_irfft2 fft_irfftn
fft_rfft fft_rfft2 fft_rfftfreq fft_rfftn fill fill_diagonal_ find fix flatten flip fliplr
flipud float_power floor floor_divide floordiv fmax fmin fmod format frac frexp
frobenius_norm full full_like gamma gather gcd ge gelu ger get glu gradient greater
greater_equal grid_sampler grid_sampler_2d grid_sampler_3d group_norm gru gru_cell gt
hamming_window hann_window hardshrink hardsigmoid hardswish hardtanh heaviside hex
hinge_embedding_loss histc histogram histogramdd hsplit hstack huber_loss hypot i0 igamma
igammac im2col imag index index_add index_copy index_fill index_put index_reduce
index_select inner insert instance_norm inverse is_complex is_conj is_contiguous
is_floating_point is_grad_enabled is_inference is_leaf is_neg is_non_overlapping_and_dense
is_nonzero is_same_size is_scripting is_signed is_strides_like_format isalnum isalpha
isclose isdecimal isdigit isfinite isidentifier isin isinf islower isnan isneginf
isnumeric isposinf isprintable isreal isspace istft istitle isupper item items join
kaiser_window keys kl_div kron kthvalue l1_loss layer_norm lcm ldexp le leaky_relu len
lerp less less_equal lgamma linalg_cholesky linalg_cholesky_ex linalg_cond linalg_cross
linalg_det linalg_diagonal linalg_eig linalg_eigh linalg_eigvals linalg_eigvalsh
linalg_householder_product linalg_inv linalg_inv_ex linalg_ldl_factor linalg_ldl_factor_ex
linalg_ldl_solve linalg_lstsq linalg_lu linalg_lu_factor linalg_lu_factor_ex
linalg_lu_solve linalg_matmul linalg_matrix_exp linalg_matrix_norm linalg_matrix_power
linalg_matrix_rank linalg_multi_dot linalg_norm linalg_pinv linalg_qr linalg_slogdet
linalg_solve linalg_solve_ex linalg_solve_triangular linalg_svd linalg_svdvals
linalg_tensorinv linalg_tensorsolve linalg_vander linalg_vecdot linalg_vector_norm linear
linspace list ljust log log10 log1p log2 log_sigmoid log_sigmoid_forward log_softmax
logaddexp logaddexp2 logcumsumexp logdet logical_and logical_not logical_or logical_xor
logit logspace logsumexp lower lstm lstm_cell lstrip lt lu_solve lu_unpack mH mT
margin_ranking_loss masked_fill masked_scatter masked_select mathremainder matmul matrix_H
matrix_exp matrix_power max max_pool1d max_pool1d_with_indices max_pool2d
max_pool2d_with_indices max_pool3d max_pool3d_with_indices max_unpool2d max_unpool3d
maximum mean median meshgrid min minimum mish mm mode modf moveaxis movedim mse_loss msort
mul multi_margin_loss multilabel_margin_loss multilabel_margin_loss_forward multiply mv
mvlgamma nan_to_num nanmean nanmedian nanquantile nansum narrow narrow_copy
native_channel_shuffle native_group_norm native_layer_norm ne neg negative new_full
new_ones new_zeros nextafter nll_loss nll_loss2d nll_loss2d_forward nll_loss_forward
nll_loss_nd nonzero nonzero_numpy norm norm_except_dim not_equal nuclear_norm numel
numpy_T oct one_hot ones ones_like ord outer pad pad_sequence pairwise_distance partition
pdist percentFormat permute permute_copy pinverse pixel_shuffle pixel_unshuffle
poisson_nll_loss polar polygamma pop popitem positive pow prelu prod promote_types qr
quantile rad2deg radians range ravel real reciprocal reflection_pad1d reflection_pad2d
reflection_pad3d relu relu6 remainder remove renorm repeat repeat_interleave replace
replication_pad1d replication_pad2d replication_pad3d reshape reshape_as resolve_conj
resolve_neg result_type reverse rfind rindex rjust rnn_relu rnn_relu_cell rnn_tanh
rnn_tanh_cell roll rot90 round row_stack rpartition rsplit rsqrt rstrip rsub scalar_tensor
scatter scatter_add scatter_reduce searchsorted select select_copy select_scatter selu
set_grad_enabled setdefault sgn sigmoid sign signbit silu sin sinc sinh size slice
slice_copy slice_scatter slogdet slow_conv3d slow_conv_dilated2d slow_conv_dilated3d
slow_conv_transpose2d slow_conv_transpose3d smooth_l1_loss soft_margin_loss softmax
softplus softshrink sort sorted special_digamma special_entr special_erf special_erfc
special_erfcx special_erfinv special_exp2 special_expit special_expm1 special_gammainc
special_gammaincc special_gammaln special_i0 special_i0e special_i1 special_i1e
special_log1p special_log_ndtr special_log_softmax special_logit special_logsumexp
special_multigammaln special_ndtr special_ndtri special_polygamma special_psi
special_round special_sinc special_softmax special_xlog1py special_xlogy special_zeta
split split_copy split_with_sizes split_with_sizes_copy splitlines sqrt square squeeze
squeeze_copy stack startswith std std_mean stft str stride strip sub subtract sum
sum_to_size svd swapaxes swapcase swapdims sym_numel sym_size sym_stride symeig t t_copy
take take_along_dim tan tanh tensor tensor_split tensordot threshold tile title to topk
trace transpose transpose_copy trapezoid trapz triangular_solve tril tril_indices
triplet_margin_loss triu triu_indices true_divide trunc type_as unbind unbind_copy
unflatten unfold unfold_copy unique_consecutive unique_dim unique_dim_consecutive
unsqueeze unsqueeze_copy update upper upsample_bicubic2d upsample_bilinear2d
upsample_linear1d upsample_nearest1d upsample_nearest2d upsample_nearest3d
upsample_trilinear3d values vander var var_mean vdot view view_as view_as_complex
view_as_complex_copy view_as_real view_as_real_copy view_copy vsplit vstack warn where
xlogy zero zeros zeros_like zfill
)";

/// What the interpreter itself does: values, containers, branches, attributes.
constexpr const char* kLanguageOperators = R"(
Constant CreateObject DictConstruct DictIndex EnumName EnumValue GetAttr If ListConstruct ListUnpack
Loop NumToTensor RaiseException SetAttr StringIndex TupleConstruct TupleIndex TupleSlice TupleUnpack
Uninitialized abs device dtype is_cpu is_cuda is_meta is_nested is_quantized is_sparse isinstance
layout max min name rangelist requires_grad shape tolist type unchecked_cast
unchecked_unwrap_optional
)";

std::set<std::string, std::less<>> words_of(const char* text) {
    std::istringstream words(text);
    return {std::istream_iterator<std::string>(words), {}};
}

}  // namespace

bool is_pure_operator(std::string_view qualified_name) {
    static const auto tensor_operators = words_of(kTensorOperators);
    static const auto language_operators = words_of(kLanguageOperators);
    constexpr std::string_view kAten = "aten::";
    constexpr std::string_view kPrim = "prim::";
    if (qualified_name.starts_with(kPrim)) {
        return language_operators.contains(qualified_name.substr(kPrim.size()));
    }
    if (!qualified_name.starts_with(kAten)) {
        return false;
    }
    std::string_view name = qualified_name.substr(kAten.size());
    if (tensor_operators.contains(name)) {
        return true;
    }
    // relu_ is relu in place.
    const bool in_place = name.ends_with('_') && !name.ends_with("__");
    return in_place && tensor_operators.contains(name.substr(0, name.size() - 1));
}

}  // namespace murmur
