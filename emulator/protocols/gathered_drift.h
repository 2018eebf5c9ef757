#pragma once

#include "emulator/protocols/group_protocol.h"
#include "emulator/protocols/outer_step.h"
#include "learning/drift/drift_compressor.h"

#include <functional>
#include <memory>
#include <vector>

namespace murmur {

/// Workers that compress their drifts, with a residual each, and give the messages to all by an
/// all-gather: DeMo and SparseLoCo.
class GatheredDrift final : public GroupProtocol {
  public:
    /// Makes the compressor once the model is known.
    using Make = std::function<std::unique_ptr<const DriftCompressor>(
        const ParameterLayout& layout, std::size_t num_parameters)>;

    GatheredDrift(NodeContext& node, CollectiveForm form, Make make)
        : GroupProtocol(node),
          form_(form),
          make_(std::move(make)),
          residual_(vector_cell(node.id(), "residual")) {}

    void on_start() override;

  private:
    void exchange(ModelHandle start, ModelHandle trained) override;
    void forget_own() override { residual_ = vector_cell(node().id(), "residual"); }
    void step(ModelHandle start, ModelHandle trained, Collectives::Gathered messages);

    CollectiveForm form_;
    Make make_;
    std::shared_ptr<const DriftCompressor> compressor_;
    StateCell<std::vector<float>> residual_;
};

/// The option `via` of an all-gather, and how it is read.
[[nodiscard]] OptionForm gather_form_option();
[[nodiscard]] CollectiveForm gather_form(const Options& options);
/// The option `indices`, and how it is read.
[[nodiscard]] OptionForm index_form_option();
[[nodiscard]] IndexForm index_form(const Options& options);

}  // namespace murmur
