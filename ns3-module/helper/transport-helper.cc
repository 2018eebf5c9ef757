/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#include "transport-helper.h"

#include "edge-links-helper.h"
#include "wan-helper.h"

#include "ns3/abort.h"
#include "ns3/flow-message-transport.h"
#include "ns3/ideal-message-transport.h"
#include "ns3/tcp-message-transport.h"

namespace ns3
{
namespace murmuration
{

namespace
{

Ptr<MessageTransport>
CreateIdeal(Ptr<Underlay> underlay)
{
    auto transport = CreateObject<IdealMessageTransport>();
    transport->SetUnderlay(underlay);
    return transport;
}

Ptr<MessageTransport>
CreateFlow(Ptr<Underlay> underlay)
{
    auto transport = CreateObject<FlowMessageTransport>();
    transport->SetUnderlay(underlay);
    return transport;
}

Ptr<MessageTransport>
CreateTcp(Ptr<Underlay> underlay)
{
    auto transport = CreateObject<TcpMessageTransport>();
    const auto byNumber = [](uint32_t /* from */, uint32_t to) {
        return WanHelper::GetAddress(to);
    };
    if (const auto wan = DynamicCast<WanUnderlay>(underlay))
    {
        transport->SetNodes(WanHelper().CreateNodes(wan), byNumber);
        return transport;
    }
    if (const auto routed = DynamicCast<RoutedUnderlay>(underlay))
    {
        transport->SetNodes(WanHelper().CreateNodes(routed), byNumber);
        return transport;
    }
    if (const auto edges = DynamicCast<EdgeUnderlay>(underlay))
    {
        transport->SetNodes(EdgeLinksHelper().CreateNodes(edges),
                            [edges](uint32_t from, uint32_t to) {
                                return EdgeLinksHelper::GetAddress(edges, from, to);
                            });
        return transport;
    }
    NS_ABORT_MSG(
        "TransportHelper::Create: tcp cannot be built over "
        << underlay->GetInstanceTypeId().GetName()
        << ", allowed WanUnderlay, RoutedUnderlay, EdgeUnderlay; over other networks, call "
           "TcpMessageTransport::SetNodes()");
}

/** A name, and how to make what it stands for. */
struct Fidelity
{
    const char* name;                               //!< As the user writes it
    Ptr<MessageTransport> (*create)(Ptr<Underlay>); //!< Makes the transport
};

/** Every fidelity there is: a further one is a further line. */
constexpr Fidelity FIDELITIES[] = {
    {"ideal", CreateIdeal},
    {"flow", CreateFlow},
    {"tcp", CreateTcp},
};

} // namespace

Ptr<MessageTransport>
TransportHelper::Create(const std::string& fidelity, Ptr<Underlay> underlay)
{
    std::string allowed;
    for (const auto& [name, create] : FIDELITIES)
    {
        if (fidelity == name)
        {
            return create(underlay);
        }
        allowed += (allowed.empty() ? "" : ", ") + std::string(name);
    }
    NS_ABORT_MSG("TransportHelper::Create: unknown fidelity, got \"" << fidelity << "\", allowed "
                                                                     << allowed);
}

const std::vector<std::string>&
TransportHelper::GetFidelities()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all;
        for (const auto& fidelity : FIDELITIES)
        {
            all.emplace_back(fidelity.name);
        }
        return all;
    }();
    return names;
}

} // namespace murmuration
} // namespace ns3
