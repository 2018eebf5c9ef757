/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
// What holds over the packet-level network whatever happens: over hundreds of random networks, with
// losses, jitter, links that change and go down, connections that give up, and messages that are
// taken back.
#include "murmuration-test-support.h"
#include "packet-random-network.h"

#include "ns3/link-meter.h"
#include "ns3/node-pair.h"
#include "ns3/packet-message-transport.h"
#include "ns3/simulator.h"
#include "ns3/test.h"
#include "ns3/transport-helper.h"
#include "ns3/uinteger.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

using namespace ns3;
using namespace ns3::murmuration;
using ns3::murmuration::test::Outcome;
using ns3::murmuration::test::RandomNetwork;

namespace
{

/** Sends messages over a random network, some of them as answers to others, and watches. */
class RandomTraffic
{
  public:
    /**
     * Prepare a run.
     * @param seed what to draw from
     */
    explicit RandomTraffic(uint32_t seed)
        : m_network(seed),
          m_transport(DynamicCast<PacketMessageTransport>(
              TransportHelper::Create("packet", m_network.GetUnderlay())))
    {
        if (seed % 3 == 0)
        {
            // Connections that are soon dropped, and their numbers used again.
            m_transport->SetAttribute("IdleTimeout", TimeValue(MilliSeconds(100)));
        }
        if (m_network.Draw(3) == 0)
        {
            // Connections that are soon given up.
            m_transport->SetAttribute("Retries", UintegerValue(1 + m_network.Draw(4)));
            m_transport->SetAttribute("SynRetries", UintegerValue(m_network.Draw(4)));
        }
        if (m_network.Draw(4) == 0)
        {
            TcpSettings settings;
            settings.minRto = MilliSeconds(1 + m_network.Draw(300));
            m_transport->SetTcpSettings(settings);
        }
        m_transport->SetDeliveryCallback(MakeCallback(&RandomTraffic::Delivered, this));
        m_transport->SetFailureCallback(MakeCallback(&RandomTraffic::Failed, this));
        m_transport->TraceConnectWithoutContext("PacketSent",
                                                MakeCallback(&RandomTraffic::Sent, this));
        m_transport->TraceConnectWithoutContext("PacketArrived",
                                                MakeCallback(&RandomTraffic::Arrived, this));
        m_network.GetUnderlay()->EnableMeter(2);
    }

    /** Run to the end. */
    void Run()
    {
        const uint32_t lastMs = m_network.Draw(2) == 0 ? 5000 : 100 + m_network.Draw(60'000);
        const uint32_t nMessages = 5 + m_network.Draw(150);
        m_answers = m_network.Draw(100);
        m_chance = m_network.Draw(100);
        for (uint32_t index = 0; index < nMessages; ++index)
        {
            const bool isAtOnce = m_network.Draw(5) == 0;
            Simulator::Schedule(MicroSeconds(isAtOnce ? 0 : m_network.Draw(1000 * lastMs)),
                                &RandomTraffic::SendOne,
                                this);
        }
        const uint32_t nAborts = m_network.Draw(2) == 0 ? 0 : m_network.Draw(nMessages);
        for (uint32_t index = 0; index < nAborts; ++index)
        {
            Simulator::Schedule(MicroSeconds(m_network.Draw(1000 * lastMs)),
                                &RandomTraffic::AbortOne,
                                this);
        }
        m_network.ScheduleChanges(m_network.Draw(4) == 0 ? 0 : m_network.Draw(100), lastMs);
        Simulator::Run();
        for (const auto& [from, to] : m_network.GetPairs())
        {
            CheckStream(m_transport->FindConnection(from, to));
        }
        for (uint32_t node = 0; node < m_network.GetUnderlay()->GetNNodes(); ++node)
        {
            bytesSent += m_transport->GetBytesSent(node);
            bytesReceived += m_transport->GetBytesReceived(node);
        }
        for (uint32_t link = 0; link < m_network.GetUnderlay()->GetNLinks(); ++link)
        {
            packetsLost += m_network.GetUnderlay()->GetMeter()->GetLosses(link);
        }
        m_transport->Dispose();
        Simulator::Destroy();
    }

    std::vector<Outcome> outcomes;       //!< In order
    std::map<uint32_t, uint64_t> beyond; //!< Segments sent beyond the window, by flow
    std::set<std::string> faults;        //!< What has gone wrong
    std::set<uint64_t> aborted;          //!< Messages that were taken back
    uint64_t nMessages{0};               //!< How many were sent
    uint64_t bytesSent{0};               //!< By all nodes
    uint64_t bytesReceived{0};           //!< By all nodes
    uint64_t packetsSent{0};             //!< By all nodes
    uint64_t packetsArrived{0};          //!< At all nodes
    uint64_t packetsLost{0};             //!< By all links, as the meter has it

  private:
    void SendOne() //!< Send a message between any two
    {
        const auto& pairs = m_network.GetPairs();
        const auto [from, to] = pairs[m_network.Draw(static_cast<uint32_t>(pairs.size()))];
        const uint32_t kind = m_network.Draw(8);
        const uint64_t size = kind == 0  ? m_network.Draw(300'000)
                              : kind < 4 ? m_network.Draw(3000)
                                         : 8000;
        ++nMessages;
        m_transport->Send(from, to, size);
    }

    void AbortOne() //!< Take a message back that may have ended
    {
        const uint64_t id = m_network.Draw(static_cast<uint32_t>(nMessages));
        const bool hasEnded = m_ended.count(id) > 0 || aborted.count(id) > 0;
        if (m_transport->AbortMessage(id) == (hasEnded || id >= nMessages))
        {
            faults.insert("AbortMessage() says wrongly whether a message was under way");
        }
        if (!hasEnded && id < nMessages)
        {
            aborted.insert(id);
        }
    }

    void End(const Message& message, const std::string& reason) //!< A message has ended
    {
        if (!m_ended.insert(message.id).second || aborted.count(message.id) > 0)
        {
            faults.insert("a message has ended twice");
        }
        outcomes.push_back({message.id, Simulator::Now().GetNanoSeconds(), reason});
        if (m_answers > 0 && m_network.Draw(100) < m_chance)
        {
            --m_answers;
            SendOne();
        }
        if (m_network.Draw(20) == 0 && nMessages > 0)
        {
            AbortOne();
        }
    }

    void Delivered(const Message& message) //!< Delivery callback
    {
        uint64_t& last = m_last[NodePairKey(message.from, message.to)];
        if (last > message.id)
        {
            faults.insert("messages of a pair have changed their order");
        }
        last = message.id;
        End(message, "");
    }

    void Failed(const Message& message, const std::string& reason) //!< Failure callback
    {
        End(message, reason);
    }

    const PacketConnection* Find(uint32_t flow) //!< The connection that sends a flow of data
    {
        const auto matches = [this, flow](const std::pair<uint32_t, uint32_t>& pair) {
            const PacketConnection* connection =
                m_transport->FindConnection(pair.first, pair.second);
            return connection && connection->GetFlow() == flow ? connection : nullptr;
        };
        // Numbers of connections that are gone are used again.
        if (const auto known = m_pairOf.find(flow); known != m_pairOf.end())
        {
            if (const PacketConnection* connection = matches(known->second))
            {
                return connection;
            }
        }
        for (const auto& pair : m_network.GetPairs())
        {
            if (const PacketConnection* connection = matches(pair))
            {
                m_pairOf[flow] = pair;
                return connection;
            }
        }
        return nullptr;
    }

    void Arrived(int64_t /* now */, const PacketSegment& /* packet */) //!< Trace sink
    {
        ++packetsArrived;
    }

    void Sent(int64_t /* now */, const PacketSegment& packet) //!< Trace sink
    {
        ++packetsSent;
        if (packet.kind != PacketSegment::Kind::DATA)
        {
            return;
        }
        const PacketConnection* connection = Find(packet.flow);
        if (!connection)
        {
            faults.insert("a connection that is gone sends");
            return;
        }
        const PacketTcpSender& sender = connection->GetSender();
        if (sender.GetCounts().segments == 1)
        {
            beyond[packet.flow] = 0;
        }
        // Only tail loss probes are sent beyond the window; this one may not be counted yet.
        if (sender.GetScoreboard().GetInFlight() > sender.GetWindow().size &&
            ++beyond[packet.flow] > sender.GetCounts().probes + 1)
        {
            faults.insert("more is in flight than the window");
        }
        if (sender.GetSentBytes() > sender.GetAllowedBytes())
        {
            faults.insert("more is sent than the receiver allows");
        }
    }

    void CheckStream(const PacketConnection* connection) //!< At the end, of one connection
    {
        if (!connection)
        {
            return;
        }
        if (connection->HasMessages())
        {
            faults.insert("a message is left");
        }
        if (connection->GetReceiver().GetReceivedBytes() != connection->GetSender().GetSentBytes())
        {
            faults.insert("bytes of a stream are lost, or there twice");
        }
        if (connection->GetSender().GetScoreboard().GetSize() != 0)
        {
            faults.insert("something is not acknowledged");
        }
        // What came twice was sent again too early, which Linux takes for reordering as well.
        if (connection->GetSender().GetRack().IsReorderingSeen() &&
            connection->GetReceiver().GetNDuplicates() == 0)
        {
            faults.insert("reordering is seen, though all links keep the order");
        }
    }

    RandomNetwork m_network;                                              //!< What carries it
    Ptr<PacketMessageTransport> m_transport;                              //!< What is tested
    uint32_t m_answers{0};                                                //!< How many may be sent
    uint32_t m_chance{0};                                                 //!< Of one, in percent
    std::set<uint64_t> m_ended;                                           //!< Messages
    std::map<uint64_t, uint64_t> m_last;                                  //!< By pair
    std::unordered_map<uint32_t, std::pair<uint32_t, uint32_t>> m_pairOf; //!< By flow
};

/** Each message ends once, bytes are conserved, windows are kept. */
class PacketPropertiesTestCase : public TestCase
{
  public:
    PacketPropertiesTestCase()
        : TestCase("random networks: each message once and in order, bytes and packets conserved, "
                   "windows kept, repeatable")
    {
    }

  private:
    void DoRun() override
    {
        uint64_t nFailed = 0;
        uint64_t nAborted = 0;
        for (uint32_t seed = 1; seed <= 200; ++seed)
        {
            RandomTraffic traffic(seed);
            traffic.Run();
            NS_TEST_EXPECT_MSG_EQ(traffic.outcomes.size() + traffic.aborted.size(),
                                  traffic.nMessages,
                                  "each ends once, seed " << seed);
            for (const std::string& fault : traffic.faults)
            {
                NS_TEST_EXPECT_MSG_EQ(fault, "", "seed " << seed);
            }
            NS_TEST_EXPECT_MSG_EQ((traffic.bytesReceived <= traffic.bytesSent),
                                  true,
                                  "nothing comes from nowhere, seed " << seed);
            NS_TEST_EXPECT_MSG_EQ(traffic.packetsLost,
                                  traffic.packetsSent - traffic.packetsArrived,
                                  "what has not arrived is counted as lost, seed " << seed);
            nAborted += traffic.aborted.size();
            for (const Outcome& outcome : traffic.outcomes)
            {
                nFailed += outcome.reason.empty() ? 0 : 1;
            }
            if (seed % 10 == 0)
            {
                RandomTraffic again(seed);
                again.Run();
                NS_TEST_EXPECT_MSG_EQ((again.outcomes == traffic.outcomes),
                                      true,
                                      "the same, seed " << seed);
            }
        }
        NS_TEST_EXPECT_MSG_GT(nFailed, 100, "connections were given up");
        NS_TEST_EXPECT_MSG_GT(nAborted, 1000, "messages were taken back");
    }
};

/** The properties of the packet-level transport. */
class PacketPropertiesTestSuite : public TestSuite
{
  public:
    PacketPropertiesTestSuite()
        : TestSuite("murmuration-packet-properties")
    {
        AddTestCase(new PacketPropertiesTestCase);
    }
};

PacketPropertiesTestSuite g_packetPropertiesTestSuite; //!< Registers the suite

} // namespace
