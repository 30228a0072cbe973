// NumPy's files: what is written is read again, what NumPy may write is understood, and what is
// damaged is refused with a sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include <wald/engine/creation.h>
#include <wald/engine/io/npy.h>
#include <wald/engine/io/npz_format.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/random.h>

#include "../temp_path.h"

#include "message_of.h"

namespace wald {
namespace {

using testing::message_of;

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::temp_path;

std::string read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}
std::string write_bytes(const std::string& name, const std::string& bytes) {
  const std::string path = temp_path(name);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}
std::string unhex(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2)
    out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return out;
}
Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}
/// A .npy file made by hand.
std::string npy(const std::string& dictionary, const std::string& data, int version = 1) {
  std::string out = "\x93NUMPY";
  out += static_cast<char>(version);
  out += '\0';
  const std::size_t size = dictionary.size() + 1;
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i)
    out += static_cast<char>(size >> 8 * static_cast<unsigned>(i) & 255);
  return out + dictionary + "\n" + data;
}
std::string header(const std::string& descr, const std::string& shape,
                   const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
}
template <class T>
std::string raw(std::initializer_list<T> values, bool swapped = false) {
  std::string out;
  for (T value : values) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    if (swapped) std::reverse(bytes, bytes + sizeof(T));
    out.append(bytes, sizeof(T));
  }
  return out;
}
Tensor load_bytes(const std::string& bytes, bool map = false) {
  return load_npy(write_bytes("hand.npy", bytes), {.map = map});
}

void expect_same(const Tensor& x, const Tensor& y) {
  EXPECT_EQ(x.dtype(), y.dtype());
  EXPECT_EQ(to_string(x.shape()), to_string(y.shape()));
  if (x.dtype() == DType::int64) {
    EXPECT_EQ(x.to_vector<std::int64_t>(), y.to_vector<std::int64_t>());
  } else {
    EXPECT_EQ(x.to_vector(), y.to_vector());
  }
}

const std::vector<Tensor>& examples() {
  static const std::vector<Tensor> list = {
      tensor({{1.5, -2, 0}, {INFINITY, 1e-310, 3}}),
      tensor({1, 2.5}, DType::float32),
      tensor_of(std::vector<std::int64_t>{INT64_MIN, -1, INT64_MAX}),
      tensor({1, 0, 1}) > 0,
      tensor(7),
      zeros({0}),
      zeros({3, 0, 2}, DType::int64),
      t(tensor({{1, 2}, {3, 4}, {5, 6}})),
      slice(arange(100.0), 0, 3, 90, 7),
      expand(tensor(2), {2, 3}),
      ones({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}),
  };
  return list;
}

TEST(Npy, ReadsWhatItWrote) {
  const std::string path = temp_path("round.npy");
  for (const Tensor& x : examples()) {
    save_npy(path, x);
    expect_same(load_npy(path), x);
    expect_same(load_npy(path, {.map = true}), x);
  }
  save_npy(path, tensor({NAN}));
  EXPECT_TRUE(std::isnan(load_npy(path).item()));
}

TEST(Npy, WritesTheFormatThatNumpyWrites) {
  const std::string path = temp_path("format.npy");
  auto head = [&](const Tensor& x) {
    save_npy(path, x);
    const std::string bytes = read_bytes(path);
    EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\0", 8));
    const std::size_t size =
        static_cast<unsigned char>(bytes[8]) + 256U * static_cast<unsigned char>(bytes[9]);
    EXPECT_EQ((10 + size) % 64, 0U);
    EXPECT_EQ(bytes[9 + size], '\n');
    std::string text = bytes.substr(10, size - 1);
    return text.substr(0, text.find_last_not_of(' ') + 1);
  };
  EXPECT_EQ(head(zeros({2, 3})), header("<f8", "(2, 3)"));
  EXPECT_EQ(head(zeros({4}, DType::float32)), header("<f4", "(4,)"));
  EXPECT_EQ(head(tensor(1)), header("<f8", "()"));
  EXPECT_EQ(head(zeros({0, 1}, DType::int64)), header("<i8", "(0, 1)"));
  EXPECT_EQ(head(zeros({1}, DType::boolean)), header("|b1", "(1,)"));
  EXPECT_EQ(read_bytes(path).size(), 128U + 1);
}

TEST(Npy, TakesEveryElementType) {
  auto values = [](const std::string& descr, const std::string& data) {
    const Tensor x = load_bytes(npy(header(descr, "(2,)"), data));
    expect_same(load_bytes(npy(header(descr, "(2,)"), data), true), x);
    return x;
  };
  auto integers = [&](const std::string& descr, const std::string& data) {
    const Tensor x = values(descr, data);
    EXPECT_EQ(x.dtype(), DType::int64) << descr;
    return x.to_vector<std::int64_t>();
  };
  EXPECT_THAT(integers("|i1", raw<std::int8_t>({-128, 5})), ElementsAre(-128, 5));
  EXPECT_THAT(integers("|u1", raw<std::uint8_t>({255, 5})), ElementsAre(255, 5));
  EXPECT_THAT(integers("<i2", raw<std::int16_t>({-300, 5})), ElementsAre(-300, 5));
  EXPECT_THAT(integers(">i2", raw<std::int16_t>({-300, 5}, true)), ElementsAre(-300, 5));
  EXPECT_THAT(integers("<u2", raw<std::uint16_t>({65535, 5})), ElementsAre(65535, 5));
  EXPECT_THAT(integers("<i4", raw<std::int32_t>({-70000, 5})), ElementsAre(-70000, 5));
  EXPECT_THAT(integers(">u4", raw<std::uint32_t>({4000000000, 5}, true)),
              ElementsAre(4000000000, 5));
  EXPECT_THAT(integers(">i8", raw<std::int64_t>({INT64_MIN, 5}, true)), ElementsAre(INT64_MIN, 5));
  EXPECT_THAT(integers("<u8", raw<std::uint64_t>({INT64_MAX, 5})), ElementsAre(INT64_MAX, 5));
  EXPECT_THAT(values("<f4", raw<float>({1.5F, -2})).to_vector(), ElementsAre(1.5, -2));
  EXPECT_THAT(values(">f8", raw<double>({1e300, -2}, true)).to_vector(), ElementsAre(1e300, -2));
  EXPECT_EQ(values(">f4", raw<float>({1, 2}, true)).dtype(), DType::float32);
  EXPECT_THAT(values("=f8", raw<double>({1, 2})).to_vector(), ElementsAre(1, 2));
  const Tensor flags = values("|b1", raw<char>({2, 0}));
  EXPECT_EQ(flags.dtype(), DType::boolean);
  EXPECT_THAT(flags.to_vector(), ElementsAre(1, 0)) << "a byte of 2 is true as 1 is";
  EXPECT_THAT(message_of<InputError>([&] {
                values("<u8", raw<std::uint64_t>({UINT64_MAX, 5}));
              }),
              AllOf(HasSubstr("hand.npy"), HasSubstr("18446744073709551615")));
}

TEST(Npy, HalvesOfEverySize) {
  const Tensor x = load_bytes(
      npy(header("<f2", "(8,)"),
          raw<std::uint16_t>({0x3C00, 0xC000, 0x0001, 0x03FF, 0x0400, 0x7BFF, 0x7C00, 0x8000})));
  EXPECT_EQ(x.dtype(), DType::float32);
  EXPECT_THAT(x.to_vector(),
              ElementsAre(1, -2, 0x1p-24, 1023 * 0x1p-24, 0x1p-14, 65504, INFINITY, 0));
  EXPECT_TRUE(std::signbit(x.to_vector()[7]));
  EXPECT_TRUE(
      std::isnan(load_bytes(npy(header("<f2", "()"), raw<std::uint16_t>({0x7E00}))).item()));
}

TEST(Npy, FortranOrderIsAView) {
  const std::string data = raw<double>({1, 2, 3, 4, 5, 6});
  for (bool map : {false, true}) {
    const Tensor x = load_bytes(npy(header("<f8", "(2, 3)", "True"), data), map);
    EXPECT_THAT(x.to_vector(), ElementsAre(1, 3, 5, 2, 4, 6));
    EXPECT_EQ(to_string(x.strides()), "[1, 2]");
  }
  EXPECT_THAT(load_bytes(npy(header("<f8", "(6,)", "True"), data)).to_vector(),
              ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(load_bytes(npy(header("<f8", "()", "True"), data)).item(), 1);
}

TEST(Npy, HeadersOfEveryForm) {
  const std::string data = raw<double>({1, 2});
  for (int version : {1, 2, 3})
    EXPECT_EQ(load_bytes(npy(header("<f8", "(2,)"), data, version)).numel(), 2);
  for (const char* text : {"{\"shape\":(2,),\"fortran_order\":False,\"descr\":\"<f8\"}",
                           "{ 'shape' : ( 2L , ) , 'fortran_order' : False , 'descr' : '<f8' } ",
                           "{'descr':'<f8','fortran_order':False,'shape':(2)}"})
    EXPECT_THAT(load_bytes(npy(text, data)).to_vector(), ElementsAre(1, 2)) << text;
}

TEST(Npy, MappingSharesTheFileButDoesNotWriteIt) {
  const std::string path = temp_path("mapped.npy");
  save_npy(path, arange(1000.0));
  Tensor x = load_npy(path, {.map = true});
  const Tensor rows = reshape(x, {10, 100});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(x.data<double>()) % 64, 0U);
  x.fill_(5);
  EXPECT_EQ(sum(rows).item(), 5000);
  EXPECT_EQ(sum(load_npy(path)).item(), 499500) << "the file is as it was";
  const Tensor y = load_npy(path, {.map = true});
  save_npy(path, zeros({3}));
  EXPECT_EQ(sum(y).item(), 499500) << "what was replaced lives on while it is mapped";
  EXPECT_EQ(load_npy(path).numel(), 3);
}

TEST(Npy, WritingIsAllOrNothing) {
  const std::filesystem::path folder = temp_path("folder");
  std::filesystem::create_directories(folder);
  const std::string path = folder / "x.npy";
  save_npy(path, tensor(1));
  save_npy(path, tensor(2));
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files += entry.exists();
  EXPECT_EQ(files, 1U) << "nothing is left beside it";
  EXPECT_EQ(load_npy(path).item(), 2);
  std::filesystem::create_symlink(path, folder / "link.npy");
  save_npy(folder / "link.npy", tensor(3));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link.npy"));
  EXPECT_EQ(load_npy(path).item(), 3);
  EXPECT_THAT(message_of<InputError>([] { save_npy("/nonexistent/x.npy", tensor(1)); }),
              HasSubstr("/nonexistent/x.npy"));
  EXPECT_THAT(message_of<InputError>([] { save_npy("/dev/full", tensor(1)); }),
              HasSubstr("/dev/full"));
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

TEST(Npy, DamagedFilesAreNamed) {
  const std::string data = raw<double>({1, 2, 3});
  const std::string good = header("<f8", "(3,)");
  const std::pair<std::string, const char*> cases[] = {
      {"", "does not begin with"},
      {"hello, this is text", "does not begin with"},
      {"\x93NUM", "truncated in its header"},
      {npy(good, data).substr(0, 30), "truncated in its header"},
      {npy(good, data, 4), "version 4.0"},
      {npy(good, data.substr(1)), "23 bytes of elements, where shape [3] takes 24"},
      {npy(header("<c16", "(3,)"), data), "'<c16'"},
      {npy(header("|O", "(3,)"), data), "'|O'"},
      {npy(header("<U3", "(3,)"), data), "'<U3'"},
      {npy(header("<f16", "(3,)"), data), "'<f16'"},
      {npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (3,)}", data), "structured"},
      {npy(header("<f8", "(3,", "False"), data), "not a list of sizes"},
      {npy(header("<f8", "(-3,)"), data), "not a list of sizes"},
      {npy(header("<f8", "3"), data), "'(' is missing"},
      {npy(header("<f8", "(3,)", "Maybe"), data), "neither True nor False"},
      {npy("{'descr': '<f8', 'shape': (3,)}", data), "lacks"},
      {npy("{'descr': '<f8', 'order': 1}", data), "'order'"},
      {npy("{'descr': '<f8", data), "without an end"},
      {npy(good + " 1", data), "goes on after its end"},
      {npy("[1]", data), "'{' is missing"},
      {npy(header("<f8", "(99999999999999999999,)"), data), "too large"},
      {npy(header("<f8", "(4294967296, 4294967296)"), data), "too large"},
      {npy(header("<f8", "(0, 4294967296, 4294967296)"), data), "too large"},
      {npy(header("<f8", "(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)"), data), "axes"},
  };
  for (const auto& [bytes, says] : cases) {
    const std::string message = message_of<InputError>([&, &bytes = bytes] { load_bytes(bytes); });
    EXPECT_THAT(message, AllOf(HasSubstr("hand.npy"), HasSubstr(says)));
    EXPECT_EQ(message.find('\n'), message.npos);
  }
  EXPECT_THAT(message_of<InputError>([] { load_npy("/nonexistent.npy"); }),
              HasSubstr("/nonexistent.npy"));
  EXPECT_THAT(message_of<InputError>([] { load_npy("/dev/null"); }),
              HasSubstr("not a regular file"));
  EXPECT_THAT(message_of<InputError>([] { load_npy(temp_path("")); }), HasSubstr("cannot be read"));
}

TEST(Npz, ReadsWhatItWrote) {
  const std::string path = temp_path("round.npz");
  NamedTensors arrays;
  for (const Tensor& x : examples()) arrays.emplace_back("x" + std::to_string(arrays.size()), x);
  arrays.emplace_back("0.weight", tensor({1, 2}));
  arrays.emplace_back(
      "gr\xC3\xB6\xC3\x9F"
      "e/1",
      tensor(1));
  for (std::uint64_t zip64_from :
       {std::uint64_t{0xFFFFFFFF}, std::uint64_t{0}, std::uint64_t{150}, std::uint64_t{500}}) {
    npy::write_npz(path, arrays, zip64_from);
    for (bool map : {false, true}) {
      const NamedTensors read = load_npz(path, {.map = map});
      ASSERT_EQ(read.size(), arrays.size());
      for (std::size_t i = 0; i < read.size(); ++i) {
        EXPECT_EQ(read[i].first, arrays[i].first);
        expect_same(read[i].second, arrays[i].second);
      }
    }
  }
  save_npz(path, {});
  EXPECT_TRUE(load_npz(path).empty());
}

TEST(Npz, MembersAreAlignedForMapping) {
  const std::string path = temp_path("aligned.npz");
  save_npz(path, {{"a", tensor({1, 0}) > 0}, {"name of odd size", arange(5.0)}});
  const NamedTensors read = load_npz(path, {.map = true});
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read[1].second.data<double>()) % 64, 0U);
  const Tensor kept = read[1].second;
  EXPECT_EQ(sum(kept).item(), 10);
}

TEST(Npz, TheSameArraysGiveTheSameBytes) {
  const NamedTensors arrays = {{"a", arange(10.0)}};
  save_npz(temp_path("one.npz"), arrays);
  save_npz(temp_path("two.npz"), arrays);
  EXPECT_EQ(read_bytes(temp_path("one.npz")), read_bytes(temp_path("two.npz")));
}

TEST(Npz, NamesMustBeTold) {
  const std::string path = temp_path("names.npz");
  EXPECT_THAT(message_of<InputError>([&] {
                save_npz(path, {{"a", tensor(1)}, {"a", tensor(2)}});
              }),
              HasSubstr("two arrays have the name a"));
  EXPECT_THROW(save_npz(path, {{"", tensor(1)}}), InputError);
  EXPECT_THROW(save_npz(path, {{"a", Tensor()}}), InputError);
  EXPECT_FALSE(std::filesystem::exists(path));
}

// What numpy.savez_compressed wrote: x = arange(6.).reshape(2, 3), n = array([1, 2]).
const char* const compressed =
    "504b03042d000000080000002100f0cd3b46ffffffffffffffff05001400782e6e707901001000b0000000000000"
    "0057000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a1aea3a09e965f54529498179f"
    "5f94920a12774bcc294e058a17672416a402f91a463a0ac69a3a0ab50a64032e0614f0c11eca7080501c505a004a"
    "8b380000504b03042d0000000800000021000cfc1ce9ffffffffffffffff050014006e2e6e707901001000900000"
    "00000000004a000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a1aea3a09e965f5452"
    "9498179f5f94920a12774bcc294e058a17672416a402f91a463a9a3a0ab50a14002e4606086082d200504b01022d"
    "032d000000080000002100f0cd3b4657000000b0000000050000000000000000000000800100000000782e6e7079"
    "504b01022d032d0000000800000021000cfc1ce94a00000090000000050000000000000000000000800"
    "18e0000006e2e6e7079504b05060000000002000200660000000f0100000000";

TEST(Npz, ReadsWhatNumpyCompressed) {
  const std::string path = write_bytes("compressed.npz", unhex(compressed));
  for (bool map : {false, true}) {
    const NamedTensors read = load_npz(path, {.map = map});
    ASSERT_EQ(read.size(), 2U);
    EXPECT_EQ(read[0].first, "x");
    EXPECT_EQ(to_string(read[0].second.shape()), "[2, 3]");
    EXPECT_THAT(read[0].second.to_vector(), ElementsAre(0, 1, 2, 3, 4, 5));
    EXPECT_THAT(read[1].second.to_vector<std::int64_t>(), ElementsAre(1, 2));
  }
}

TEST(Npz, DamagedArchivesAreNamed) {
  const std::string path = temp_path("damaged.npz");
  save_npz(path, {{"first", arange(5.0)}, {"second", arange(7.0)}});
  const std::string good = read_bytes(path);
  auto message = [&](const std::string& bytes) {
    return message_of<InputError>([&] { load_npz(write_bytes("damaged.npz", bytes)); });
  };
  EXPECT_THAT(message(""), HasSubstr("too short"));
  EXPECT_THAT(message(std::string(100, 'x')), HasSubstr("no directory"));
  EXPECT_THAT(message(good.substr(0, good.size() - 1)), HasSubstr("no directory"));
  EXPECT_THAT(message(good.substr(0, 60) + good.substr(100)),
              AllOf(HasSubstr("damaged.npz"), HasSubstr("truncated")));
  std::string bad = good;
  bad[bad.find("first.npy") + 200] ^= 1;
  EXPECT_THAT(message(bad), AllOf(HasSubstr("first.npy"), HasSubstr("checksum")));
  bad = good;
  for (std::size_t at = 0; (at = bad.find("first.npy", at)) != bad.npos; ++at) bad[at + 6] = 't';
  EXPECT_THAT(message(bad), HasSubstr("does not end in .npy"));
  bad = unhex(compressed);
  bad[60] ^= 0x10;
  EXPECT_THAT(message(bad), HasSubstr("member x.npy"));
}

TEST(Inflate, StreamsOfZlib) {
  std::string expected;
  for (int i = 0; i < 60; ++i)
    expected += std::to_string(i) + " squared is " + std::to_string(i * i) + "; ";
  auto text = [](const std::string& hex, std::size_t size) {
    const std::string stream = unhex(hex);
    const auto out = npy::inflated(bytes_of(stream), size);
    return out ? std::string(out->begin(), out->end()) : "refused";
  };
  const std::string dynamic =
      "5d934b6e05210c04afc211f00f06cd6922258b2c93a7dc3ff4aca8b7c4b2eceaa6dddbebe7efe3f7ebb37dbf5ab"
      "f9b9d6fbb9b9fefbc5b9cef75b744ffb85b9d05afbb8db310bb6362e49e719d85b197acb3706d0aeb58d3054a52"
      "5717602df7240bf2ed6d46e4b5898cd0a2b6411dea02b85f9a05f4706d5cd42b0f419fa277d067aa8b565f7b968"
      "3be7c6f74d0d7dc5c0efa217a07fd78ba403f9f59a09fcf465a2fae00fd127d807e4963d0fb2e2b82e677391674"
      "df646c14bf520a62b0a66f0a48b0d06fc6f5f6e7da0b1156ca463241433292111a4a5a52c7541c933a2e6536df5"
      "2a4602763d4a5239923d3892483e45df3a0c3a36b2f7478f6cd579db9948e820e1f4f1f74f8d4bc0a06587b0b3a"
      "7c3d270c1df1e8289eb1496fcdb7f46b1e2f22e45ff124523eff03";
  EXPECT_EQ(text(dynamic, expected.size()), expected);
  EXPECT_EQ(text("3350282e2c4d2c4a4d51c82c5630b0563044e61b5a2b1821f34dac158c91f800", 60),
            expected.substr(0, 60));
  EXPECT_EQ(text("010c00f3ff77616c6477616c6477616c64", 12), "waldwaldwald");
  EXPECT_EQ(text("0300", 0), "");
  EXPECT_EQ(text(dynamic, expected.size() + 1), "refused");
  EXPECT_EQ(text(dynamic, expected.size() - 1), "refused");
  EXPECT_EQ(text(dynamic.substr(0, 200), expected.size()), "refused");
  EXPECT_EQ(text("07", 0), "refused");
  EXPECT_EQ(text("", 0), "refused");
  EXPECT_EQ(text("0300", std::size_t{1} << 40), "refused");
  EXPECT_EQ(text("0300", static_cast<std::size_t>(-1)), "refused");
  EXPECT_EQ(text(dynamic + "00", expected.size()), "refused") << "what follows the stream";
}

// Files with bytes changed, cut out or put in: read, or refused with one sentence; under the
// sanitizers, nothing else happens.
TEST(Damage, OfAnyKindIsSurvived) {
  save_npz(temp_path("seed.npz"), {{"a", tensor({{1, 2}, {3, 4}})}, {"b", arange(3)}});
  npy::write_npz(temp_path("seed64.npz"), {{"a", tensor({1, 2})}}, 0);
  save_npy(temp_path("seed.npy"), tensor({{1, 2}, {3, 4}}));
  const std::string seeds[] = {read_bytes(temp_path("seed.npz")),
                               read_bytes(temp_path("seed64.npz")), unhex(compressed),
                               read_bytes(temp_path("seed.npy"))};
  std::mt19937 random(1);
  auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::size_t which = below(4);
    std::string bytes = seeds[which];
    for (std::size_t changes = 1 + below(3); changes > 0 && !bytes.empty(); --changes) {
      const std::size_t at = below(bytes.size());
      switch (below(4)) {
        case 0:
          bytes.erase(at, 1 + below(20));
          break;
        case 1:
          bytes.insert(at, 1 + below(8), static_cast<char>(below(256)));
          break;
        case 2:
          bytes[at] = static_cast<char>(0xFF * below(2));
          break;
        default:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      }
    }
    const std::string path = write_bytes("fuzz", bytes);
    for (bool map : {false, true}) {
      try {
        if (which == 3)
          load_npy(path, {.map = map}).to_vector();
        else
          for (const auto& [name, x] : load_npz(path, {.map = map})) x.to_vector();
      } catch (const InputError& error) {
        ++refused;
        ASSERT_THAT(error.what(), HasSubstr("fuzz"));
      }
    }
  }
  EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace wald
