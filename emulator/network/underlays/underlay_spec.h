#pragma once

#include "emulator/network/network_options.h"
#include "emulator/network/network_plan.h"
#include "topologies/graph.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// The text of `--underlay`: `NAME`, `NAME:ARGUMENT,ARGUMENT,key=value,key=value`.  A key is made
/// of small letters, so that a path is no option because it holds a `=`.
class UnderlaySpec {
  public:
    explicit UnderlaySpec(std::string_view text);

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const std::vector<std::string>& arguments() const { return arguments_; }
    /// Returns all arguments as they were written: a path may hold commas.
    [[nodiscard]] std::string argument() const;

    /// @throws std::invalid_argument  where a key is none of these, or is given twice
    void allow(const std::vector<std::string_view>& keys) const;
    /// @throws std::invalid_argument  where there is an argument, `where` naming a form without one
    void refuse_arguments() const;

    [[nodiscard]] std::optional<std::string> text(std::string_view key) const;
    /// @throws std::invalid_argument  where the value is no rate with a unit
    [[nodiscard]] std::optional<double> rate_bps(std::string_view key) const;
    /// @throws std::invalid_argument  where the value is no time with a unit
    [[nodiscard]] std::optional<double> time_s(std::string_view key) const;

    /// @throws std::invalid_argument  "--underlay: 'TEXT': what"
    [[noreturn]] void fail(std::string_view what) const;

  private:
    std::string text_;
    std::string name_;
    std::vector<std::string> arguments_;
    std::vector<std::pair<std::string, std::string>> options_;
};

/// What a plan is made from.
struct UnderlayRequest {
    const NetworkOptions& options;
    const Graph& overlay;
    UnderlaySpec spec;
};

}  // namespace murmur
