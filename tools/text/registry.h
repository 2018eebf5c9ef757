#pragma once

#include "tools/text/spec.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace murmur {

/// What a user reads of a choice: an encoder, a model, a protocol, ...
struct ChoiceText {
    std::string name;
    std::string help;  ///< one line: what it is
    std::vector<OptionForm> options{};

    /// Returns how it is written: `top-k[:alpha=0.1,...]`.
    [[nodiscard]] std::string syntax() const { return syntax_of(name, options); }
};

/// The names that an option may take: what all registries have in common.
class ChoiceList {
  public:
    /// @param what  what the choices are, as messages begin: "sharing"
    explicit ChoiceList(std::string what) : what_(std::move(what)) {}
    virtual ~ChoiceList() = default;
    ChoiceList(const ChoiceList&) = delete;
    ChoiceList& operator=(const ChoiceList&) = delete;

    [[nodiscard]] const std::string& what() const { return what_; }
    /// Returns what users read of each choice, in the order of registration.
    [[nodiscard]] const std::vector<ChoiceText>& texts() const { return texts_; }
    [[nodiscard]] std::vector<std::string> names() const;
    [[nodiscard]] bool has(std::string_view name) const;
    /// Lists all choices with a line of help each, and a line for each of their options, at most
    /// `kHelpColumns` wide.
    [[nodiscard]] std::string help() const;

  protected:
    /// @throws std::invalid_argument  where the name is taken or no name
    void add_text(ChoiceText text);
    /// Returns the place of a name.
    /// @throws std::invalid_argument  "WHAT: unknown, got 'NAME', allowed ..."
    [[nodiscard]] std::size_t find(std::string_view name) const;

  private:
    std::string what_;
    std::vector<ChoiceText> texts_;
};

/// Names with what each of them makes.  Ours are registered by the files of a folder, which its
/// CMakeLists lists; a program adds its own before it reads its command line:
///
///     aggregators().add({"mine", "what it does", {named("beta", "0.1", "share")}}, make_mine);
///
/// and they appear in help, messages and results as ours do.
/// @tparam Make  copyable and callable: what is registered
template <class Make>
class Registry final : public ChoiceList {
  public:
    /// @param what  as messages begin: "sharing"
    /// @param fill  registers what the program brings
    Registry(std::string what, void (*fill)(Registry&)) : ChoiceList(std::move(what)) {
        fill(*this);
    }

    /// @throws std::invalid_argument  where the name is taken or no name
    void add(ChoiceText text, Make make) {
        add_text(std::move(text));
        makes_.push_back(std::move(make));
    }

    /// Calls `visit(text, make)` for each, in the order of registration.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (std::size_t i = 0; i < makes_.size(); ++i) {
            visit(texts()[i], makes_[i]);
        }
    }

    /// What a text chose: what was registered, and its options.
    struct Selection {
        const ChoiceText& text;
        const Make& make;
        Options options;
    };
    /// Reads `NAME` or `NAME:OPTIONS`.
    /// @throws std::invalid_argument  on an unknown name or a wrong option
    [[nodiscard]] Selection select(std::string_view text) const {
        const Spec spec = parse_spec(text);
        const std::size_t place = find(spec.name);
        const ChoiceText& choice = texts()[place];
        return {choice, makes_[place], Options(what() + " " + spec.name, spec, choice.options)};
    }

  private:
    std::vector<Make> makes_;
};

}  // namespace murmur
