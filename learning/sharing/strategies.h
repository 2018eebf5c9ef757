#pragma once

#include "learning/sharing.h"
#include "learning/spec.h"

#include <memory>

namespace murmur {

/// Makes the strategy of one file of this folder; `spec` names it.
/// @throws std::invalid_argument  where the argument of `spec` is wrong
using SharingFactory = std::unique_ptr<const Sharing>(const Spec& spec);
SharingFactory make_full_sharing;
SharingFactory make_plain_average_sharing;

/// Refuses an argument of a strategy that takes none.
/// @throws std::invalid_argument  if `spec` has one
void require_no_sharing_argument(const Spec& spec);

}  // namespace murmur
