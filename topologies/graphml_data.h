#pragma once

#include <boost/property_tree/ptree.hpp>

#include <cstddef>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// The data that GraphML elements carry under the names that its keys declare.  Names are the same
/// whatever their case, and with or without blanks, hyphens and underscores.
class GraphmlData {
  public:
    enum class Kind { kGraph, kNode, kEdge };

    /// One of an element's data, or what its key gives to elements without.
    struct Value {
        std::string name;  ///< as the file has it
        std::string key;
        std::string text;
        Kind kind;
    };

    /// @param root  the `<graphml>` element
    explicit GraphmlData(const boost::property_tree::ptree& root);

    /// Returns an element's value under the first of these names that has one; an empty one is
    /// none.
    [[nodiscard]] std::optional<Value> find(const boost::property_tree::ptree& element,
                                            Kind kind,
                                            std::initializer_list<std::string_view> names) const;
    /// Returns the label that yEd draws at an element, empty where there is none.
    [[nodiscard]] static std::string drawn_label(const boost::property_tree::ptree& element);

    /// Counts all data of an element, for `unused`.
    void count(const boost::property_tree::ptree& element, Kind kind);
    /// Says that a value was used.
    void use(const Value& value);
    /// Returns "not used: NAME (2 links), NAME (1 node)" of all data that were counted and not used
    /// as often; empty where there are none.
    [[nodiscard]] std::string unused() const;

  private:
    struct Key {
        std::string id;
        std::string name;
        std::string plain_name;  ///< what names are compared by
        std::optional<std::string> fallback;
        std::vector<Kind> bearers;
    };
    struct Use {
        std::size_t counted = 0;
        std::size_t used = 0;
    };

    std::vector<Key> keys_;
    std::map<std::pair<Kind, std::string>, Use> uses_;  ///< by name
};

}  // namespace murmur
