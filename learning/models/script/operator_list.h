#pragma once

#include <string_view>

namespace murmur {

/// Returns whether a TorchScript operator, such as `aten::linear`, is a function of its arguments
/// alone, or writes into them alone.
[[nodiscard]] bool is_pure_operator(std::string_view qualified_name);

}  // namespace murmur
