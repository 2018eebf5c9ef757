#pragma once

#include "learning/sharing.h"
#include "learning/spec.h"

#include <memory>
#include <string_view>

namespace murmur {

/// Makes the strategy of one file of this folder.
/// @param spec   names it, with its options
/// @param codec  as `make_codec` takes it; empty for the strategy's own
/// @throws std::invalid_argument  on a wrong option, or a codec that does not fit
using SharingFactory = std::unique_ptr<const Sharing>(const Spec& spec, std::string_view codec);
SharingFactory make_choco_sharing;
SharingFactory make_fft_sharing;
SharingFactory make_full_sharing;
SharingFactory make_jwins_sharing;
SharingFactory make_plain_average_sharing;
SharingFactory make_qsgd_sharing;
SharingFactory make_random_sharing;
SharingFactory make_stc_sharing;
SharingFactory make_top_k_sharing;
SharingFactory make_wavelet_sharing;

/// Refuses an argument of a strategy that takes none.
/// @throws std::invalid_argument  if `spec` has one
void require_no_sharing_argument(const Spec& spec);

}  // namespace murmur
