import sys
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roundsman.identity.name_words import COURTESIES, FAMILY_WORDS, GIVEN_NAMES
from roundsman.identity.names import FoldedName, Verdict, compare_names, fold_name
from tests.bson_values import bson_values

# One person in two spellings.
VARIANTS = """
    Rajesh Kumar | Kumar Rajesh
    Rajesh Kumar | RAJESH  KUMAR
    Rajesh Kumar | Kumar, Rajesh
    Mr. Rajesh Kumar | Rajesh Kumar ji
    Dr. Smt. Lakshmi Rao | laxmi rao garu
    Shri Ramesh Patel | Rameshbhai Patel
    M/s Sharma Traders | Sharma Traders
    Late Mohan Lal | Mohan Lal
    Savitaben Shah | Savita Ben Shah
    Kumari Sunita Devi | Sunita Devi
    Mr Kumari Nair | Kumari Nair
    Ram Kumar | Ramkumar
    Ram Kumar Sharma | Sharma Ramkumar
    Om Prakash Gupta | Omprakash Gupta
    Asha Rani | Asharani
    R.K. Sharma | R K Sharma
    RK Sharma | R. K. Sharma
    Laxmi Devi | Lakshmi Devi
    Sreenivas Rao | Srinivas Rao
    Shrinivas Rao | Srinivas Rau
    Mohammed Irfan | Mohd. Irfan
    Muhammad Irfan | Md Irfan
    Shaikh Salim | Sheikh Saleem
    Syed Hussain | Sayyad Husain
    Abdul Rehman | Abdul Rahman
    Fathima Begum | Fatima Begam
    Suresh Chaudhary | Suresh Choudhury
    Anil Agarwal | Anil Aggarwal
    Sunil Agrawal | Suneel Agarwal
    Sourav Banerjee | Saurav Bannerji
    Amit Mukherjee | Amit Mukherji
    Ravi Srivastava | Ravi Shrivastav
    Vijay Varma | Vijay Verma
    Manoj Tiwari | Manoj Tewari
    Deepak Saxena | Dipak Saksena
    Pooja Mishra | Puja Misra
    Meena Kapoor | Mina Kapur
    Geeta Joshi | Gita Joshi
    Kavita Reddy | Kavitha Reddi
    Sweta Jain | Shweta Jain
    Gowtham Naidu | Gautam Nayudu
    Sowmya Gowda | Saumya Gouda
    Surinder Singh | Surendra Singh
    Rajinder Kaur | Rajender Kaur
    Gurpreet Singh | Gurprit Sinh
    Jeetendra Yadav | Jitender Yadav
    Chander Mohan | Chandra Mohan
    Krishnamurthy Iyer | Krishnamoorthy Iyer
    Chandrasekhar Rao | Chandrashekar Rao
    Dnyaneshwar Patil | Gyaneshwar Patil
    Vidya Nair | Vidhya Nayar
    Parvathy Menon | Parvati Menon
    Saraswathi Pillai | Sarasvati Pillay
    Eswari Raman | Ishwari Raman
    Bhavana Shah | Bhavna Shah
    Vandana Rawat | Vandna Ravat
    Kamala Devi | Kamla Devi
    Arvind Kumar | Aravind Kumar
    Soniya Arora | Sonia Arora
    Riya Das | Ria Dass
    Zakir Khan | Jakir Khan
    Wasim Akram | Vaseem Akram
    Philip Mathew | Filip Mathew
    Prasanth Nambiar | Prashanth Nambiar
    Ramaswamy Iyer | Ramasamy Ayyar
    Nagaraj Hegde | Nagraj Hegde
    Subroto Bose | Subrata Bose
    Rajesh Sharma | Rajesh Shrama
    Sunita Deshmukh | Sunita Deshmuk
    Venkateswarlu Reddy | Venkateswralu Reddy
    Rajesh\u200b Kumar | Rajesh\u00a0Kumar
    D'Souza Maria | Maria Dsouza
    Customer 07 | customer 7
"""

# People of one household, or different people altogether: never one.
FAMILIES = """
    Ramesh Kumar | Rakesh Kumar
    Ramesh Sharma | Rajesh Sharma
    Rajesh Sharma | Mukesh Sharma
    Rajesh Yadav | Rajan Yadav
    Suresh Patil | Naresh Patil
    Suresh Patil | Sudesh Patil
    Mahesh Rao | Ganesh Rao
    Rohit Jain | Mohit Jain
    Rohit Jain | Rohita Jain
    Amit Singh | Ajit Singh
    Amit Singh | Sumit Singh
    Amit Singh | Amita Singh
    Anil Das | Anila Das
    Anil Gupta | Sunil Gupta
    Sunita Devi | Sunit Devi
    Sunita Devi | Anita Devi
    Anita Verma | Anila Verma
    Kavita Shah | Savita Shah
    Sarita Shah | Savita Shah
    Kiran Rao | Karan Rao
    Asha Mehta | Usha Mehta
    Priya Sharma | Priyanka Sharma
    Ravi Kumar | Riva Kumar
    Anand Roy | Ananda Roy
    Deepa Nair | Deepak Nair
    Kamal Bose | Kamala Bose
    Vinod Joshi | Vinay Joshi
    Vijay Desai | Vijaya Desai
    Nitin Arora | Nitish Arora
    Pooja Kapoor | Poonam Kapoor
    Geeta Reddy | Neeta Reddy
    Rita Reddy | Ritu Reddy
    Sanjay Malik | Sanjana Malik
    Sanjay Malik | Sanjeev Malik
    Harish Pandey | Girish Pandey
    Krishna Iyer | Krishnan Iyer
    Manoj Tiwari | Manju Tiwari
    Neha Agarwal | Nisha Agarwal
    Rahul Suresh Patil | Amit Suresh Patil
    Rahul Patil | Rahul Suresh Patil
    Suresh Patil | Rahul Suresh Patil
    Mohammed Irfan | Mohammed Imran
    Syed Ali Khan | Syed Asif Khan
    Harpreet Kaur | Gurpreet Kaur
    Baljit Singh | Baljit Kaur
    Ramkumar Yadav | Rajkumar Yadav
    Sivakumar Pillai | Sivakumari Pillai
    Rajeshwari Hegde | Rajeshwara Hegde
    Srinivas Rao | Srinivasan Rao
    Radha Menon | Rekha Menon
    Mr Sharma | Mrs Sharma
    A Kumar | B Kumar
    S Ramesh | S Suresh
    S Ramesh | R Suresh
    R Sharma | Sunita Sharma
    Anila Das | Anil Adas
    Ramesh | Ramesh wife
    Ramesh | W/o Ramesh
    Customer 1 | Customer 2
    Delivery Boy 5 | Delivery Boy 6
    Ramesh 1 | Ramesh 2
    Raman, Uma | Raman, Karthik
    राजेश शर्मा | सुनीता शर्मा
    रमेश कुमार | राकेश कुमार
    करण राव | Kiran Rao
    अनिल दास | Anila Das
    कमला बोस | Kamal Bose
    ரமேஷ் குமார் | Rakesh Kumar
    సునీల్ రావు | Anil Rao
"""

# What may well be one person, and must not be joined without more.
UNSURE = """
    R Kumar | Rajesh Kumar
    R. K. Sharma | Rajesh Kumar Sharma
    R K | Rajesh Kumar
    Rajesh K | Rajesh Kumar
    Rajesh K | R Kumar
    Rajesh | Rajesh Kumar
    Rajesh K | Rajesh
    Rajesh Kumar | Rajesh Kumar Sharma
    Rajesh Kumar | Rajesh Sharma
    Sunita Patil | Sunita Deshmukh
    Kiran Kumar | Kiran Kumari
    Kiran Patel | Kiran Patil
    Rahul Jadhav | Rahul Yadav
    Rajehs Kumar | Rajesh Kumar
    Rajehs | Rajesh Kumar
    A. Chaudhary | Amit
    Sharma | Rajesh Sharma
    Ramesh 2 | Ramesh
    5 | 5 Rajesh Kumar
    7 | 7ab
    Fatima Pandey | FatimaP andey
    محمد خان | Mohammed Khan
"""

# (script, as written there, in Latin letters)
TRANSLITERATIONS = """
    Hindi | राजेश कुमार | Rajesh Kumar
    Hindi | लक्ष्मी शर्मा | Laxmi Sharma
    Hindi | सुनीता गुप्ता | Suneeta Gupta
    Hindi | श्रीमती उषा यादव | Usha Yadav
    Hindi | संजय सिंह | Sanjay Singh
    Hindi | विजय वर्मा | Vijay Verma
    Hindi | कृष्ण चन्द्र | Krishna Chandra
    Hindi | ओम प्रकाश | Omprakash
    Hindi | पूजा मिश्रा | Puja Mishra
    Hindi | मोहम्मद इरफ़ान | Mohammed Irfan
    Marathi | ज्ञानेश्वर पाटील | Dnyaneshwar Patil
    Tamil | ராஜேஷ் குமார் | Rajesh Kumar
    Tamil | முருகன் | Murugan
    Tamil | கணேஷ் | Ganesh
    Tamil | பிரியா | Priya
    Tamil | சுரேஷ் | Suresh
    Tamil | லட்சுமி | Lakshmi
    Tamil | ராமகிருஷ்ணன் | Ramakrishnan
    Telugu | లక్ష్మి | Lakshmi
    Telugu | శ్రీనివాస్ రావు | Srinivas Rao
    Telugu | వెంకటేష్ రెడ్డి | Venkatesh Reddy
    Kannada | ರಾಜೇಶ | Rajesh
    Kannada | ರಮೇಶ್ ಗೌಡ | Ramesh Gowda
    Kannada | ಮಂಜುನಾಥ್ ಹೆಗಡೆ | Manjunath Hegade
    Bengali | বিজয় দাস | Bijoy Das
    Bengali | সৌরভ ব্যানার্জী | Sourav Banerjee
    Bengali | প্রিয়াঙ্কা ঘোষ | Priyanka Ghosh
    Bengali | অমিত রায় | Amit Roy
    Gujarati | રાજેશ પટેલ | Rajesh Patel
    Gujarati | હિતેશ શાહ | Hitesh Shah
    Gujarati | ભાવનાબેન મહેતા | Bhavnaben Mehta
    Malayalam | രാജേഷ് നായർ | Rajesh Nair
    Malayalam | ഉണ്ണികൃഷ്ണൻ | Unnikrishnan
    Malayalam | ലക്ഷ്മി മേനോൻ | Lakshmi Menon
    Punjabi | ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ | Gurpreet Singh
    Punjabi | ਹਰਜੀਤ ਕੌਰ | Harjeet Kaur
    Punjabi | ਰਾਜੇਸ਼ ਕੁਮਾਰ | Rajesh Kumar
"""


def rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in line.split("|")) for line in table.strip().splitlines()]


def verdict(a: object, b: object) -> Verdict:
    return compare_names(fold_name(a), fold_name(b))


some_names = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from(sorted(GIVEN_NAMES | FAMILY_WORDS | {"r", "k", "s", "5"})), min_size=1, max_size=3).map(
        " ".join
    ),
    st.sampled_from([cell for row in rows(VARIANTS + FAMILIES + UNSURE) for cell in row]),
)
full_names = st.tuples(
    st.sampled_from(sorted(GIVEN_NAMES - COURTESIES)), st.sampled_from(sorted(FAMILY_WORDS - COURTESIES))
)


@pytest.mark.parametrize(("a", "b"), rows(VARIANTS))
def test_spellings_of_one_name_are_the_same(a: str, b: str) -> None:
    assert verdict(a, b) is Verdict.SAME


@pytest.mark.parametrize(("a", "b"), rows(FAMILIES))
def test_two_of_a_family_are_never_the_same(a: str, b: str) -> None:
    assert verdict(a, b) is not Verdict.SAME


@pytest.mark.parametrize(("a", "b"), rows(UNSURE))
def test_what_is_missing_or_mistyped_is_unsure(a: str, b: str) -> None:
    assert verdict(a, b) is Verdict.UNSURE


@pytest.mark.parametrize(("_script", "written", "latin"), rows(TRANSLITERATIONS))
def test_a_name_is_the_same_in_every_script(_script: str, written: str, latin: str) -> None:
    assert verdict(written, latin) is Verdict.SAME


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Rajesh Kumar", "Sunita Devi"),
        ("Rajesh Sharma", "Sunita Sharma"),
        ("Ramesh Kumar", "Rakesh Kumar"),
        ("Customer 1", "Customer 2"),
        ("राजेश शर्मा", "सुनीता शर्मा"),
        ("Rahul Suresh Patil", "Amit Suresh Patil"),
        ("Rajesh", "Kumar Gaurav"),
        ("Rajesh", "Rajeshwaran"),
        ("Rajesh Patil", "Rajeshwaran Patil"),
        ("A Kumar", "B Kumar"),
        ("Natarajan Uma", "Karthik Natarajan"),
    ],
)
def test_other_given_names_are_different_people(a: str, b: str) -> None:
    assert verdict(a, b) is Verdict.DIFFERENT


@pytest.mark.parametrize(
    "raw", [None, "", "  ", "-", "N/A", "nan", "Customer", "Test User", "Mr.", "🙂", "W/o Ramesh", 5]
)
def test_what_names_nobody_is_unsure_against_everything(raw: object) -> None:
    assert fold_name(raw).is_empty
    assert verdict(raw, raw) is Verdict.UNSURE
    assert verdict(raw, "Rajesh Kumar") is Verdict.UNSURE


def test_a_name_in_a_script_that_cannot_be_read_equals_only_itself() -> None:
    assert verdict("محمد خان", "محمد خان") is Verdict.SAME
    assert verdict("محمد خان", "فاطمة علي") is Verdict.DIFFERENT


def test_full_width_letters_are_letters() -> None:
    assert verdict("\N{FULLWIDTH LATIN CAPITAL LETTER R}avi Rao", "Ravi Rao") is Verdict.SAME


def test_one_letter_of_any_script_is_an_initial() -> None:
    assert verdict("र. कुमार", "Rajesh Kumar") is Verdict.UNSURE
    assert verdict("र. कुमार", "Sunil Kumar") is Verdict.DIFFERENT


def test_a_sign_without_its_letter_does_no_harm() -> None:
    assert not fold_name("\N{DEVANAGARI SIGN NUKTA}राम").is_empty


def test_tokens_have_no_order() -> None:
    assert fold_name("Kumar Rajesh").tokens == fold_name("Rajesh Kumar").tokens


def test_a_folded_name_is_small() -> None:
    folded = fold_name("Rajesh Kumar")
    assert sys.getsizeof(folded) + sys.getsizeof(folded.text) < 150


@given(bson_values)
def test_folding_never_raises(raw: object) -> None:
    assert isinstance(fold_name(raw), FoldedName)


@given(some_names, some_names)
def test_the_verdict_does_not_depend_on_which_name_comes_first(a: str, b: str) -> None:
    assert verdict(a, b) is verdict(b, a)


@given(some_names)
def test_a_name_never_differs_from_itself(name: str) -> None:
    assert verdict(name, name) is not Verdict.DIFFERENT


@given(full_names)
def test_a_full_name_is_itself_in_any_order_and_case(name: tuple[str, str]) -> None:
    typed = [" ".join(order) for order in permutations(name)]
    assert all(
        verdict(typed[0], other) is Verdict.SAME for other in [*typed, typed[0].upper(), f"Mr. {typed[0].title()}"]
    )


@given(
    st.sampled_from(sorted(GIVEN_NAMES)), st.sampled_from(sorted(GIVEN_NAMES)), st.sampled_from(sorted(FAMILY_WORDS))
)
def test_two_known_given_names_beside_one_surname_are_one_only_if_they_sound_alike(
    a: str, b: str, surname: str
) -> None:
    if verdict(f"{a} {surname}", f"{b} {surname}") is Verdict.SAME:
        assert verdict(a, b) is Verdict.SAME
