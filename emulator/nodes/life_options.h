#pragma once

#include "emulator/network/network_options.h"

#include <string>

namespace murmur {

/// When nodes are there and what becomes of them when they are not, beside who and where they are.
struct LifeOptions : NetworkOptions {
    std::string availability = "always";
    std::string join{};   ///< empty: all are there from the start, as far as --availability says
    std::string crash{};  ///< empty: nobody leaves for good
    std::string on_leave = "lose";
    std::string on_return = "old";

    bool operator==(const LifeOptions&) const = default;
};

}  // namespace murmur
