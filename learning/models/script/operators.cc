#include "learning/models/script/operators.h"

#include "learning/models/script/operator_list.h"

#include <fmt/format.h>
#include <torch/csrc/jit/ir/alias_analysis.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/script.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

namespace murmur {
namespace {

namespace jit = torch::jit;
namespace prim = c10::prim;
namespace attr = c10::attr;

/// Calls `visit` for each node of a graph, those inside of branches and loops included.
template <class Visit>
void for_each_node(jit::Block* block, const Visit& visit) {
    for (jit::Node* node : block->nodes()) {
        visit(node);
        for (jit::Block* inner : node->blocks()) {
            for_each_node(inner, visit);
        }
    }
}

/// An attribute of the module or of one inside it.
struct Attribute {
    jit::Module owner;
    std::string name;
    std::string path;

    [[nodiscard]] bool is_parameter() const { return owner.type()->is_parameter(slot()); }
    [[nodiscard]] bool is_buffer() const { return owner.type()->is_buffer(slot()); }
    [[nodiscard]] std::size_t slot() const { return owner.type()->getAttributeSlot(name); }
    [[nodiscard]] c10::IValue value() const { return owner.attr(name); }
    [[nodiscard]] bool is_floating_buffer() const {
        return is_buffer() && value().isTensor() && value().toTensor().is_floating_point();
    }
};

[[noreturn]] void refuse_state(const std::string& what) {
    throw std::invalid_argument(fmt::format(
        "{}; what a model keeps between calls must be a floating-point buffer (register_buffer), "
        "which belongs to a node and travels",
        what));
}

class ForwardCheck {
  public:
    explicit ForwardCheck(const jit::Module& module)
        : module_(module), graph_(module.get_method("forward").graph()->copy()) {
        if (!module.type()->getForwardHooks().empty() ||
            !module.type()->getForwardPreHooks().empty()) {
            throw std::invalid_argument("has forward hooks of its own, which would not run");
        }
        jit::Inline(*graph_);
    }

    ForwardFacts run() {
        for_each_node(graph_->block(), [this](jit::Node* node) { check_operator(*node); });
        check_state();
        return std::move(facts_);
    }

  private:
    // --- operators ---
    void check_operator(const jit::Node& node) {
        const std::string name = node.kind().toQualString();
        facts_.normalizes_batches |= name == "aten::batch_norm" || name == "aten::instance_norm";
        const bool drops = name.find("dropout") != std::string::npos;
        if (drops || node.isNondeterministic() || may_drop(node)) {
            if (!drops_nothing(node)) {
                throw std::invalid_argument(fmt::format(
                    "draws random numbers ({}), such as dropout does; they would come from a "
                    "generator that all nodes share, and runs would differ",
                    name));
            }
            return;
        }
        if (is_call(node)) {
            throw std::invalid_argument(fmt::format(
                "calls what its file does not settle ({}), such as a method of an interface",
                name));
        }
        if (!is_pure_operator(name)) {
            throw std::invalid_argument(
                fmt::format("uses the operator {}, which is not among those that compute from "
                            "their arguments alone",
                            name));
        }
    }

    static bool is_call(const jit::Node& node) {
        return node.kind() == prim::CallMethod || node.kind() == prim::CallFunction;
    }

    /// The argument that says how much is dropped, such as that of lstm.
    static std::optional<int> drop_argument(const jit::Node& node) {
        const c10::FunctionSchema* schema = node.maybeSchema();
        if (schema == nullptr) {
            return std::nullopt;
        }
        for (const char* name : {"dropout", "dropout_p", "p"}) {
            const bool is_p = std::string_view(name) == "p";
            const bool drops =
                std::string_view(node.kind().toQualString()).find("dropout") != std::string::npos;
            if (const auto index = schema->argumentIndexWithName(name);
                index && (!is_p || drops)) {
                return *index;
            }
        }
        return std::nullopt;
    }

    static bool may_drop(const jit::Node& node) { return drop_argument(node).has_value(); }

    /// Whether a rate of dropout is zero in every pass, or the node never trains.
    bool drops_nothing(const jit::Node& node) const {
        const std::optional<int> rate = drop_argument(node);
        if (rate && is_always(node.input(*rate), 0.0)) {
            return true;
        }
        const c10::FunctionSchema* schema = node.maybeSchema();
        const auto train = schema != nullptr ? schema->argumentIndexWithName("train") : c10::nullopt;
        return train && is_always(node.input(*train), 0.0);
    }

    /// Whether a number is `expected` on every way through the graph.
    bool is_always(const jit::Value* value, double expected) const {
        const jit::Node* node = value->node();
        if (const auto constant = jit::toIValue(value)) {
            return is_number(*constant, expected);
        }
        if (node->kind() == prim::If) {
            return std::ranges::all_of(node->blocks(), [&](const jit::Block* block) {
                return is_always(block->outputs()[value->offset()], expected);
            });
        }
        if (node->kind() == prim::unchecked_cast) {
            return is_always(node->input(), expected);
        }
        if (node->kind() == prim::GetAttr && node->s(attr::name) != "training") {
            // That nobody writes into it is seen to by `check_state`.
            const auto attribute = attribute_of(*node);
            return attribute && is_number(attribute->value(), expected);
        }
        return false;
    }

    static bool is_number(const c10::IValue& value, double expected) {
        return (value.isDouble() && value.toDouble() == expected) ||
               (value.isInt() && static_cast<double>(value.toInt()) == expected) ||
               (value.isBool() && static_cast<double>(value.toBool()) == expected);
    }

    // --- state ---
    /// Returns what a GetAttr reads or a SetAttr writes, where that is the module's.
    std::optional<Attribute> attribute_of(const jit::Node& node) const {
        std::vector<std::string> names{node.s(attr::name)};
        const jit::Value* object = node.input(0);
        while (object->node()->kind() == prim::GetAttr) {
            names.push_back(object->node()->s(attr::name));
            object = object->node()->input(0);
        }
        if (object != graph_->inputs().front()) {
            return std::nullopt;
        }
        jit::Module owner = module_;
        std::string path;
        for (std::size_t i = names.size() - 1; i > 0; --i) {
            const c10::IValue inner = owner.attr(names[i]);
            if (!inner.isModule()) {
                return std::nullopt;
            }
            owner = inner.toModule();
            path += names[i] + '.';
        }
        return Attribute{owner, names.front(), path + names.front()};
    }

    void check_state() {
        // As for a frozen module: no attribute is another's alias, so that a write into one of them
        // is not taken for a write into all.
        const jit::AliasDb aliases(graph_, /*isFrozen=*/true);
        for_each_node(graph_->block(), [&](jit::Node* node) {
            if (node->kind() == prim::SetAttr) {
                check_written(*node, node->input(0));
            } else if (node->kind() == prim::GetAttr && aliases.hasWriters(node->output())) {
                check_written(*node, node->output());
            } else if (node->kind() == prim::Constant && node->outputs().size() == 1 &&
                       node->output()->type()->isSubtypeOf(*c10::TensorType::get()) &&
                       aliases.hasWriters(node->output())) {
                refuse_state("writes into a constant");
            }
        });
        for (const std::string& path : counted_) {
            check_count(path);
        }
        facts_.counts.assign(counted_.begin(), counted_.end());
    }

    void check_written(const jit::Node& node, const jit::Value* object) {
        const std::optional<Attribute> attribute = attribute_of(node);
        if (!attribute) {
            // An object that the pass itself makes ends with it.
            if (node.kind() == prim::SetAttr && object->node()->kind() != prim::CreateObject) {
                refuse_state(fmt::format("writes into an object's {}", node.s(attr::name)));
            }
            return;
        }
        if (attribute->value().isModule()) {
            return;  // what is written lies in one of its attributes, which is looked at itself
        }
        if (attribute->is_parameter()) {
            throw std::invalid_argument(
                fmt::format("writes into its parameter {}, which training alone may change",
                            attribute->path));
        }
        if (attribute->is_floating_buffer()) {
            return;
        }
        if (attribute->is_buffer()) {
            counted_.insert(attribute->path);
            return;
        }
        refuse_state(fmt::format("writes into its attribute {}", attribute->path));
    }

    /// A count that nothing reads may start anew in each pass; one that is computed with may not.
    void check_count(const std::string& path) {
        const auto is_of_path = [&](const jit::Node& node) {
            const auto attribute = attribute_of(node);
            return attribute && attribute->path == path;
        };
        const auto is_only_stored = [&](const jit::Value* sum) {
            return std::ranges::all_of(sum->uses(), [&](const jit::Use& use) {
                return use.user->kind() == prim::SetAttr && is_of_path(*use.user);
            });
        };
        for_each_node(graph_->block(), [&](jit::Node* node) {
            if (node->kind() != prim::GetAttr || !is_of_path(*node)) {
                return;
            }
            for (const jit::Use& use : node->output()->uses()) {
                const std::string_view user = use.user->kind().toQualString();
                const bool counts = (user == "aten::add" || user == "aten::add_") &&
                                    use.offset == 0 && is_only_stored(use.user->output());
                if (!counts) {
                    refuse_state(fmt::format("counts in its integer buffer {} and computes with it",
                                             path));
                }
            }
        });
    }

    jit::Module module_;
    std::shared_ptr<jit::Graph> graph_;
    std::set<std::string> counted_;
    ForwardFacts facts_;
};

}  // namespace

ForwardFacts check_forward(const torch::jit::Module& module) {
    if (!module.find_method("forward")) {
        throw std::invalid_argument("has no method forward");
    }
    return ForwardCheck(module).run();
}

}  // namespace murmur
