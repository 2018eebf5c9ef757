#pragma once

#include "learning/learner.h"

#include <memory>
#include <string>

namespace murmur {

/// The learner of a CPU: LibTorch on one thread.
///
/// The model's tensors look into a flat vector, so that a step copies no parameters.
class CpuLearner final : public Learner {
  public:
    /// @throws std::invalid_argument  as `make_learner`
    CpuLearner(const std::string& model_spec, DatasetPair data, const TrainingOptions& options);
    ~CpuLearner() override;
    [[nodiscard]] std::unique_ptr<Learner> twin() const override;

    [[nodiscard]] std::size_t num_parameters() const override;
    [[nodiscard]] const ParameterLayout& layout() const override;
    [[nodiscard]] double flops_per_sample() const override;
    [[nodiscard]] double activation_bytes() const override;
    [[nodiscard]] Parameters initial_parameters(std::uint64_t seed) const override;
    [[nodiscard]] std::int64_t samples_per_call(std::int64_t partition_size) const override;
    [[nodiscard]] std::int64_t steps_per_call(std::int64_t partition_size) const override;
    [[nodiscard]] std::int64_t samples_of(std::int64_t partition_size,
                                          StepRange steps) const override;
    void check_partitions(std::span<const std::int64_t> sizes) const override;
    [[nodiscard]] std::string notes() const override;

    TrainingResult train(const ParameterVector& start,
                         std::span<const std::int64_t> partition,
                         TrainingState& state,
                         const TrainingContext& context) override;
    [[nodiscard]] TrainingState read_state(ByteSource& source) const override;
    [[nodiscard]] Parameters gradient(const ParameterVector& parameters,
                                      std::span<const std::int64_t> partition,
                                      const TrainingContext& context) override;
    EvaluationResult evaluate(const ParameterVector& parameters, std::int64_t max_samples) override;
    EvaluationResult evaluate(const ParameterVector& parameters,
                              DataPart part,
                              std::span<const std::int64_t> samples) override;

  private:
    struct Impl;
    explicit CpuLearner(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace murmur
