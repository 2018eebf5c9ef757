/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// Transports made by their types, with attributes, as other helpers of ns-3 make what they do.
#include "murmuration-test-support.h"

#include "ns3/flow-message-transport.h"
#include "ns3/ideal-message-transport.h"
#include "ns3/packet-message-transport.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/tcp-message-transport.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/uinteger.h"

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::AbortText;
using ns3::murmuration::test::Contains;
using ns3::murmuration::test::MakeWan;
using ns3::murmuration::test::Recorder;

namespace
{

/** A transport of a user's own, which is an ideal one but for its name. */
class DerivedTransport : public IdealMessageTransport
{
  public:
    /**
     * @brief Get the type.
     * @return its TypeId
     */
    static TypeId GetTypeId()
    {
        static TypeId tid = TypeId("ns3::murmuration::test::DerivedTransport")
                                .SetParent<IdealMessageTransport>()
                                .SetGroupName("Murmuration")
                                .AddConstructor<DerivedTransport>();
        return tid;
    }
};

NS_OBJECT_ENSURE_REGISTERED(DerivedTransport);

/**
 * When a message of 900 bytes arrives over 8 Mb/s without latency.
 * @param transport carries it
 * @return in nanoseconds
 */
int64_t
Arrival(Ptr<MessageTransport> transport)
{
    Recorder recorder(transport);
    transport->Send(0, 1, 900);
    Simulator::Run();
    const int64_t nanosecond = recorder.outcomes.at(0).nanosecond;
    Simulator::Destroy();
    return nanosecond;
}

/** Each fidelity's name stands for a type, and both make the same transport. */
class TypesTestCase : public TestCase
{
  public:
    TypesTestCase()
        : TestCase("a type makes what the fidelity's name makes")
    {
    }

  private:
    void DoRun() override
    {
        for (const std::string& fidelity : TransportHelper::GetFidelities())
        {
            const TypeId type = TransportHelper::GetTypeIdOf(fidelity);
            TransportHelper helper(type.GetName());
            const auto wan = MakeWan(2, "8Mbps", "8Mbps", MilliSeconds(3));
            const auto transport = helper.Create(wan);
            NS_TEST_EXPECT_MSG_EQ(transport->GetInstanceTypeId(), type, fidelity);
            const int64_t byType = Arrival(transport);
            const auto again = MakeWan(2, "8Mbps", "8Mbps", MilliSeconds(3));
            NS_TEST_EXPECT_MSG_EQ(byType,
                                  Arrival(TransportHelper::Create(fidelity, again)),
                                  fidelity + ": the same time");
        }
        const auto standard = TransportHelper().Create(MakeWan(2, "8Mbps", "8Mbps", Time(0)));
        NS_TEST_EXPECT_MSG_EQ(standard->GetInstanceTypeId(),
                              PacketMessageTransport::GetTypeId(),
                              "packet, unless something else is chosen");
        Simulator::Destroy();
    }
};

/** Attributes hold for all that a helper makes, also of a derived type. */
class AttributesTestCase : public TestCase
{
  public:
    AttributesTestCase()
        : TestCase("attributes, and a type derived from one of ours")
    {
    }

  private:
    void DoRun() override
    {
        TransportHelper helper;
        helper.SetTypeId(DerivedTransport::GetTypeId());
        helper.SetAttribute("SegmentSize", UintegerValue(1000));
        helper.SetAttribute("SegmentHeaderSize", StringValue("0"));
        helper.SetAttribute("FrameHeaderSize", UintegerValue(100));
        for (int i = 0; i < 2; ++i)
        {
            const auto transport = helper.Create(MakeWan(2, "8Mbps", "8Mbps", Time(0)));
            NS_TEST_EXPECT_MSG_EQ((DynamicCast<DerivedTransport>(transport) != nullptr),
                                  true,
                                  "of the type");
            NS_TEST_EXPECT_MSG_EQ(Arrival(transport), 1'000'000, "1000 bytes at 8 Mb/s");
        }
        // Another type begins without attributes.
        helper.SetTypeId("ns3::murmuration::IdealMessageTransport");
        const auto plain = helper.Create(MakeWan(2, "8Mbps", "8Mbps", Time(0)));
        NS_TEST_EXPECT_MSG_EQ(Arrival(plain), 968'000, "900 + 16 + 52 bytes");
    }
};

/** What is no transport is refused with words. */
class RefusalTestCase : public TestCase
{
  public:
    RefusalTestCase()
        : TestCase("refusals")
    {
    }

  private:
    void DoRun() override
    {
        const std::string none = AbortText([] { TransportHelper("ns3::NoTransport"); });
        NS_TEST_EXPECT_MSG_EQ(Contains(none, "unknown type, got \"ns3::NoTransport\""), true, none);
        const std::string other = AbortText([] { TransportHelper("ns3::Node"); });
        NS_TEST_EXPECT_MSG_EQ(Contains(other, "ns3::Node is no transport"), true, other);
        NS_TEST_EXPECT_MSG_EQ(Contains(other, "ns3::murmuration::FlowMessageTransport"),
                              true,
                              other);
        const std::string attribute =
            AbortText([] { TransportHelper().SetAttribute("NoSuchOne", UintegerValue(1)); });
        NS_TEST_EXPECT_MSG_EQ(Contains(attribute, "NoSuchOne"), true, attribute);
    }
};

/** The suite. */
class TransportHelperTestSuite : public TestSuite
{
  public:
    TransportHelperTestSuite()
        : TestSuite("murmuration-transport-helper")
    {
        AddTestCase(new TypesTestCase);
        AddTestCase(new AttributesTestCase);
        AddTestCase(new RefusalTestCase);
    }
};

TransportHelperTestSuite g_transportHelperTestSuite; //!< Registers the suite

} // namespace
