#include "emulator/run/ns3_settings.h"

#include "learning/bounded_process.h"

#include "ns3/attribute.h"
#include "ns3/config.h"
#include "ns3/global-value.h"
#include "ns3/string.h"
#include "ns3/type-id.h"

#include <fmt/format.h>

#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

namespace {

constexpr const char* kAttributes = "NS_ATTRIBUTE_DEFAULT";
constexpr const char* kGlobals = "NS_GLOBAL_VALUE";

/// Returns the entries `name=value;name=value` of a variable.
std::vector<std::pair<std::string, std::string>> entries_of(const char* variable) {
    std::vector<std::pair<std::string, std::string>> entries;
    const char* const text = std::getenv(variable);
    std::istringstream stream(text != nullptr ? text : "");
    for (std::string entry; std::getline(stream, entry, ';');) {
        const std::size_t equals = entry.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw std::invalid_argument(
                fmt::format("{}: got '{}', allowed name=value, divided by ';'", variable, entry));
        }
        entries.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return entries;
}

/// Returns whether ns-3 can read `value`.  It ends the process at what it cannot, so that a copy of
/// the process has to try.
bool can_read(const ns3::TypeId::AttributeInformation& attribute, const std::string& value) {
    try {
        return run_apart({}, [&]() -> std::string {
                   const auto read = attribute.checker->CreateValidValue(ns3::StringValue(value));
                   return read ? "yes" : "no";
               }) == "yes";
    } catch (const std::invalid_argument&) {
        return false;
    }
}

/// @param where  who asks, for messages
void check_attribute(const char* where, const std::string& name, const std::string& value) {
    const std::size_t end = name.rfind("::");
    ns3::TypeId type;
    if (end == std::string::npos ||
        !ns3::TypeId::LookupByNameFailSafe(name.substr(0, end), &type)) {
        throw std::invalid_argument(
            fmt::format("{}: ns-3 knows no type of the attribute '{}'", where, name));
    }
    const std::string attribute = name.substr(end + 2);
    for (std::size_t i = 0; i < type.GetAttributeN(); ++i) {
        const ns3::TypeId::AttributeInformation info = type.GetAttribute(i);
        if (info.name != attribute) {
            continue;
        }
        if (!can_read(info, value)) {
            throw std::invalid_argument(fmt::format("{}: {}: got '{}', allowed {}",
                                                    where,
                                                    name,
                                                    value,
                                                    info.checker->GetValueTypeName()));
        }
        return;
    }
    throw std::invalid_argument(
        fmt::format("{}: {} has no attribute '{}' of its own", where, type.GetName(), attribute));
}

void check_global(const std::string& name) {
    for (auto value = ns3::GlobalValue::Begin(); value != ns3::GlobalValue::End(); ++value) {
        if ((*value)->GetName() == name) {
            return;
        }
    }
    throw std::invalid_argument(fmt::format("{}: ns-3 knows no '{}'", kGlobals, name));
}

}  // namespace

Ns3Settings present_ns3_settings() {
    Ns3Settings settings;
    for (const char* variable : {kAttributes, kGlobals}) {
        if (const char* const text = std::getenv(variable)) {
            settings.environment[variable] = text;
        }
    }
    for (std::uint16_t i = 0; i < ns3::TypeId::GetRegisteredN(); ++i) {
        const ns3::TypeId type = ns3::TypeId::GetRegistered(i);
        for (std::size_t j = 0; j < type.GetAttributeN(); ++j) {
            const ns3::TypeId::AttributeInformation info = type.GetAttribute(j);
            const std::string now = info.initialValue->SerializeToString(info.checker);
            if (now != info.originalInitialValue->SerializeToString(info.checker)) {
                settings.defaults[type.GetName() + "::" + info.name] = now;
            }
        }
    }
    return settings;
}

void set_ns3_default(const std::string& name, const std::string& value) {
    check_attribute("--ns3", name, value);
    ns3::Config::SetDefault(name, ns3::StringValue(value));
}

void check_ns3_environment() {
    for (const auto& [name, value] : entries_of(kAttributes)) {
        check_attribute(kAttributes, name, value);
    }
    for (const auto& [name, value] : entries_of(kGlobals)) {
        check_global(name);
    }
}

}  // namespace murmur
