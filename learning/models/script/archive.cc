#include "learning/models/script/archive.h"

#include "learning/models/script/pickle.h"

#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>
#include <torch/csrc/jit/frontend/parser.h>
#include <torch/csrc/jit/frontend/tree_views.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <stdexcept>
#include <string_view>

namespace murmur {
namespace {

namespace jit = torch::jit;
using caffe2::serialize::PyTorchStreamReader;

/// Code of real models takes kilobytes; what is parsed and compiled stays within reason.
constexpr std::size_t kMaxCodeBytes = 16 << 20;

[[noreturn]] void refuse(const jit::SourceRange& range, std::string_view what) {
    const auto place = range.file_line_col();
    throw std::invalid_argument(
        fmt::format("its code runs as it is loaded{}: {}, allowed are plain values",
                    place ? fmt::format(" ({}:{})", std::get<0>(*place), std::get<1>(*place)) : "",
                    what));
}

/// Returns whether evaluating an expression calls nothing: LibTorch runs default values and class
/// constants when it compiles them.
bool is_plain(const jit::TreeRef& tree) {
    const auto all_plain = [&] { return std::ranges::all_of(tree->trees(), is_plain); };
    switch (tree->kind()) {
        case jit::TK_CONST:
        case jit::TK_STRINGLITERAL:
        case jit::TK_TRUE:
        case jit::TK_FALSE:
        case jit::TK_NONE:
            return true;
        case jit::TK_LIST:
        case jit::TK_OPTION:
        case jit::TK_LIST_LITERAL:
        case jit::TK_TUPLE_LITERAL:
        case jit::TK_DICT_LITERAL:
        case jit::TK_UNARY_MINUS:
            return all_plain();
        case jit::TK_VAR: {
            const std::string name = jit::Var(tree).name().name();
            return name == "inf" || name == "nan";
        }
        case jit::TK_APPLY: {
            // annotate(List[int], []) names a type beside the value; types are read, not run.
            const jit::Apply call(tree);
            return call.callee().kind() == jit::TK_VAR &&
                   jit::Var(call.callee()).name().name() == "annotate" &&
                   call.inputs().size() == 2 && call.attributes().empty() &&
                   is_plain(call.inputs()[1].tree());
        }
        default:
            return false;
    }
}

void check_function(const jit::Def& function) {
    const std::string name = function.name().name();
    if (name == "__setstate__" || name == "__getstate__") {
        refuse(function.range(), "it has a " + name);
    }
    for (const jit::Param& parameter : function.decl().params()) {
        if (parameter.defaultValue().present() &&
            !is_plain(parameter.defaultValue().get().tree())) {
            refuse(parameter.range(),
                   fmt::format("the default value of '{}' is computed", parameter.ident().name()));
        }
    }
}

void check_class(const jit::ClassDef& definition) {
    for (const jit::Stmt& statement : definition.body()) {
        if (statement.kind() == jit::TK_DEF) {
            check_function(jit::Def(statement.tree()));
        } else if (statement.kind() == jit::TK_ASSIGN) {
            const jit::Assign assignment(statement.tree());
            // __annotations__["name"] = TYPE: a type.
            const bool is_type = assignment.lhs_list().size() == 1 &&
                                 assignment.lhs().kind() == jit::TK_SUBSCRIPT;
            if (!is_type && assignment.rhs().present() &&
                !is_plain(assignment.rhs().get().tree())) {
                refuse(statement.range(), "a constant of a class is computed");
            }
        }
    }
}

/// Parses as LibTorch's importer does, which reads classes and functions and nothing else.
void check_code(const std::string& name, const std::string& code) {
    jit::Parser parser(std::make_shared<jit::Source>(code, name));
    while (parser.lexer().cur().kind != jit::TK_EOF) {
        switch (parser.lexer().cur().kind) {
            case jit::TK_CLASS_DEF:
                check_class(jit::ClassDef(parser.parseClass()));
                break;
            case jit::TK_DEF:
                check_function(jit::Def(parser.parseFunction(/*is_method=*/false)));
                break;
            default:
                refuse(parser.lexer().cur().range, "it holds more than classes and functions");
        }
    }
}

class Archive {
  public:
    explicit Archive(const std::string& path) : reader_(path) {
        std::set<std::string> folded;
        for (const std::string& name : reader_.getAllRecords()) {
            names_.insert(name);
            std::string lower = name;
            std::ranges::transform(
                lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
            // LibTorch finds records whatever their case.
            if (!folded.insert(lower).second) {
                throw std::invalid_argument(fmt::format("holds {} twice", name.substr(0, 80)));
            }
        }
    }

    void check() {
        if (!names_.contains("data.pkl") || !names_.contains("constants.pkl")) {
            throw std::invalid_argument(
                "holds no data.pkl and constants.pkl, as torch.jit.save writes them");
        }
        for (const std::string& name : names_) {
            if (name.ends_with(".py")) {
                const std::string code = read(name);
                code_bytes_ += code.size();
                if (code_bytes_ > kMaxCodeBytes) {
                    throw std::invalid_argument(
                        fmt::format("holds more than {} bytes of code", kMaxCodeBytes));
                }
                check_code(name, code);
            } else if (name == "data.pkl" || name == "constants.pkl") {
                check_pickle_of(name);
            } else if (name == "model.json" || name.starts_with("tensors.json")) {
                throw std::invalid_argument(
                    "is of a format that PyTorch left in 2019; load it and save it anew");
            }
        }
    }

  private:
    std::string read(const std::string& name) {
        const auto [data, size] = reader_.getRecord(name);
        return {static_cast<const char*>(data.get()), size};
    }

    void check_pickle_of(const std::string& name) {
        const std::string folder = name.substr(0, name.size() - 3);  // less "pkl"
        const std::string pickle = read(name);
        const auto record_bytes =
            [&](const std::string& key) -> std::optional<std::uint64_t> {
            const std::string record =
                folder.substr(0, folder.size() - 1) + '/' + key;
            if (!names_.contains(record)) {
                return std::nullopt;
            }
            return std::get<1>(reader_.getRecord(record));
        };
        check_pickle({reinterpret_cast<const std::uint8_t*>(pickle.data()), pickle.size()},
                     record_bytes);
    }

    PyTorchStreamReader reader_;
    std::set<std::string> names_;
    std::size_t code_bytes_ = 0;
};

}  // namespace

void check_script_archive(const std::string& path) {
    Archive(path).check();
}

}  // namespace murmur
