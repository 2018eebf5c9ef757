#include "tools/replay/quadratic_task.h"

#include "learning/datasets.h"
#include "learning/models/model.h"
#include "learning/partition.h"
#include "tools/replay/rounds_problem.h"

#include <ATen/ATen.h>

#include <memory>
#include <utility>

namespace murmur::replay {
namespace {

/// Loss 1/2 sum_c a_c (x_c - b_c)^2 of a point x; targets are [batch, 2, dimension], a and b.
class QuadraticGoal final : public Goal {
  public:
    std::string_view name() const override { return "quadratic"; }
    std::string describe(const Dataset& /*data*/) const override { return "a point to find"; }
    at::Tensor loss(const at::Tensor& outputs, const at::Tensor& targets) const override {
        const at::Tensor distance = outputs - targets.select(1, 1);
        return 0.5 * (targets.select(1, 0) * distance * distance).sum(1).mean();
    }
};

const Goal& quadratic() {
    static const QuadraticGoal goal;
    return goal;
}

class QuadraticDataset final : public Dataset {
  public:
    explicit QuadraticDataset(RoundsProblem problem) : problem_(std::move(problem)) {}

    std::int64_t size() const override { return static_cast<std::int64_t>(problem_.num_nodes); }
    const Goal& goal() const override { return quadratic(); }
    std::vector<std::int64_t> sample_shape() const override {
        return {static_cast<std::int64_t>(problem_.dimension)};
    }
    std::int64_t num_classes() const override {
        return static_cast<std::int64_t>(problem_.dimension);
    }
    std::span<const std::int64_t> labels() const override { return {}; }

    Batch batch(std::span<const std::int64_t> indices) const override {
        const auto count = static_cast<std::int64_t>(indices.size());
        const std::int64_t dimension = num_classes();
        Batch batch{at::zeros({count, dimension}, at::kFloat),
                    at::empty({count, 2, dimension}, at::kFloat)};
        float* next = batch.targets.data_ptr<float>();
        for (const std::int64_t index : indices) {
            for (const Matrix* matrix : {&problem_.curvatures, &problem_.centers}) {
                for (const double value : (*matrix)[static_cast<std::size_t>(index)]) {
                    *next++ = static_cast<float>(value);
                }
            }
        }
        return batch;
    }

  private:
    RoundsProblem problem_;
};

/// What it gives for any sample is its parameters.
class PointModel final : public Model {
  public:
    explicit PointModel(std::int64_t dimension) {
        add_tensor({.shape = {dimension}, .start = Constant{0}, .name = "x"});
    }
    at::Tensor forward(std::span<const at::Tensor> parameters,
                       const at::Tensor& inputs,
                       const ForwardContext& /*context*/) const override {
        return parameters[0].unsqueeze(0).expand({inputs.size(0), parameters[0].size(0)});
    }
};

DatasetPair load_quadratic(const Options& options, std::uint64_t /*seed*/) {
    const std::string& path = options.text("file");
    const Json json = read_json_file(path);
    const auto data = std::make_shared<QuadraticDataset>(read_rounds_problem({json, path}));
    return {data, data};
}

std::unique_ptr<const Model> make_point(const Options& options, const Dataset& data) {
    require_goal(options, data, quadratic());
    return std::make_unique<PointModel>(data.num_classes());
}

Partition split_in_order(PartitionTask& task) {
    if (task.num_samples() != task.num_nodes) {
        task.options.refuse(fmt::format(
            "{} samples for {} nodes, allowed one each", task.num_samples(), task.num_nodes));
    }
    Partition partition(task.num_nodes);
    for (std::size_t node = 0; node < task.num_nodes; ++node) {
        partition[node] = {static_cast<std::int64_t>(node)};
    }
    return partition;
}

}  // namespace

void register_quadratic_task() {
    static const bool is_registered = [] {
        datasets().add({"quadratic", "the problem of a file of rounds", {rest("file", "FILE", "")}},
                       load_quadratic);
        models().add({"point", "its parameters are what it gives"}, make_point);
        partitions().add({"in-order", "sample i for node i"}, split_in_order);
        return true;
    }();
    static_cast<void>(is_registered);
}

}  // namespace murmur::replay
