#pragma once

#include <map>
#include <string>

namespace murmur {

/// What has been changed of ns-3's own settings, beside the options of a run: it shapes results.
struct Ns3Settings {
    /// NS_ATTRIBUTE_DEFAULT and NS_GLOBAL_VALUE, where they are set.
    std::map<std::string, std::string> environment;
    /// Full name of an attribute -> default value, where it is not the one that ns-3 has.
    std::map<std::string, std::string> defaults;

    [[nodiscard]] bool operator==(const Ns3Settings&) const = default;
};

/// Returns what is changed now: by the environment, or by the program.
[[nodiscard]] Ns3Settings present_ns3_settings();

/// Refuses what the environment sets and ns-3 would ignore: it takes no note of names that it does
/// not know.
/// @throws std::invalid_argument  naming the variable and the entry
void check_ns3_environment();

/// Sets the default of an attribute, as `--ns3::TcpSocket::SegmentSize=700` asks for.
/// @param name  full name, `ns3::CLASS::ATTRIBUTE`
/// @throws std::invalid_argument  where ns-3 knows no such attribute, or cannot read the value
void set_ns3_default(const std::string& name, const std::string& value);

}  // namespace murmur
