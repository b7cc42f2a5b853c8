"""Words of Indian names: what is a title, what a whole family shares, and what is a given name.

The lists need not be complete. A missing surname or given name makes a verdict less sure, never wrong.
"""

from typing import Final

_TITLES = """
    mr mrs ms miss master dr er adv prof ca capt col maj lt sir madam mam shri shree sri smt shrimati srimati
    srimathi shreemati kum late thiru tmt janab messrs pt pandit sardar mx
"""
# Titles that are as often the name itself: dropped only where two more words remain.
_NAMELIKE_TITLES = """
    baby kumari selvi
"""
_COURTESIES = """
    ji jee bhai ben behen bhen bai amma anna garu gaaru saheb sahab sahib sab sir madam mam bhaiya didi uncle aunty
    auntie akka appa ayya avargal dada bhau tai
"""
_GENERIC = """
    admin anonymous boy client customer delivery demo dummy guest man marketing na name nan new nil no none null person sample
    shop staff test tester undefined unknown user
"""
_FAMILY_WORDS = """
    acharya agarwal ahmed alam ali ansari apte arora babu bai bansal banerjee banu basu begum bhagat bhandari bharadwaj
    bhardwaj bhatia bhatt bhattacharya bibi biswas bose chakraborty chakravarthy chand chandra chatterjee chauhan
    chavan chawla chettiar chhabra chopra choudhary chowdhury das dasgupta datta dave desai deshmukh deshpande devi
    dey dhawan dixit dubey dutta dwivedi fernandes gandhi ganguly garg ghosh gill goel gopal gounder gowda goyal goswami
    grewal gupta hegde hussain ingle iyengar iyer jadhav jain jha joshi kadam kapoor kaur khan khanna khatun kohli
    kulkarni kumar kumari kumaran kundu lal lata mahajan mahto maity malhotra malik mandal mathur mehra mehta menon
    mishra mistry modi mohammed mondal more mukherjee murthy nadar naidu naik nair nanda narayan nath nayak negi oberoi
    ojha pal panda pandey parekh parikh patel pathak patil patra pawar pillai poddar prabhu prakash prasad purohit raghavan rai raj
    rajput ram ramachandran rana rani rao rastogi rathod rathore raut rawat ray reddy roy sahni sahoo sahu saini salunkhe
    sarkar sawant saxena sen seth sethi shah shaikh sharma shetty shinde shukla sikdar singh singha sinha sodhi solanki soni
    sood srivastava subramanian swamy syed tandon thakkar thakur thapa tiwari tripathi trivedi tyagi upadhyay varghese
    verma vohra vyas wagh yadav jackson johnson smith dsouza thomas george joseph mathew john
    ahuja awasthi baig bajpai bajwa batra bedi bhalla bhat bhavsar bhosale bisht bohra bora brar chadha chaturvedi
    chavda chougule dhar dhillon duggal gaikwad gautam gogoi guha jagtap jaiswal joshi juneja kakkar kamath kamble kar
    kashyap khatri khurana kochhar lamba lohar luthra majumdar makhija mane memon mirza monga mudaliar nag nagpal narang
    nigam pai panchal pandya parmar pathan prajapati puri qureshi raju randhawa sachdeva saha salvi sandhu sastry
    sawhney sehgal sekhon shastri shenoy shirke siddiqui sidhu suri suthar talwar trehan vaghela wadhwa walia zala
"""
_GIVEN_NAMES = """
    aarav aarti abdul abhay abhijit abhinav abhishek aditi aditya ahana aishwarya ajay ajit ajith akash akhil akshay akshaya
    alka alok aman amar amarjit amir amit amita amitabh amol amrita amrit anand ananda ananya anil anila anish anisha anita anjali anju
    anjana ankit ankita ankur anmol anoop ansh anshu anu anuj anuja anupam anupama anuradha anurag anusha anushka aparna
    archana arif arjun arnav arpit arpita arti arun aruna arvind arya asha ashok ashish ashutosh ashwin ashwini asif atul
    avani avinash ayush ayesha babita babu bala balaji baldev baljit balraj bharat bharati bhavana bhavesh bhavna bhavya bhupendra
    bhuvan bhushan bijay bimal bina binod birendra brijesh chandan chandni chandra chandrika charan chetan chetana chinmay chitra
    damini darshan darshana daya deepa deepak deepali deepika deepti dev devansh devendra devesh devika dhanraj dhanush
    dharmendra dhiraj dhruv dilip dimple dinesh dipa dipak dipali dipankar dipti disha divya durga eknath ekta esha farhan
    farah farida fatima firoz gajanan ganesh ganesan gaurav gauri gautam gayatri geeta gita girija girish gopal gopi govind
    gulab gunjan gurpreet gurmeet hamid hansa hari harish harisha harini harpreet harsh harsha harshad harshit harshita hasan hasina
    heena hema hemant hemanta hemlata himanshu hina hitesh ila imran indira indra indu ira irfan isha ishaan ishan ishita ishwar
    ismail jagan jagdish jai janaki jasmeet jasmin jaspreet jatin jaya jayant jayanti jayashree jayesh jeevan jignesh jitendra
    jiya joya juhi jyoti jyotsna kabir kailash kajal kala kalpana kalyan kalyani kamal kamala kamlesh kamini kanchan kanika kanta kapil karan
    karishma karthik karthika kartik kashish kavita kavitha kavya keshav ketan khushi khushboo kiran kirti kishan kishor kishore komal
    krishna krishnan krish kriti kumud kunal kusum kuldeep lakshman lakshmi lakshay lalit lalita lata latika lavanya leela lila lina lokesh
    madan madhav madhavi madhu madhur madhuri mahendra mahesh maheshwari mahima mala malati malini mallika mamta manas manasi
    manav mangal mangala manik manish manisha manita manjit manju manjula manjunath manoj manohar mansi maya mayank mayur mayuri meena meenakshi
    meera megha mehul milan milind mina mira mithun mohan mohini mohit mona monika monica mridul mrinal mukesh mukta mukund
    muralidhar murali murugan nadia nagesh nagaraj nagma namita namrata nanda nandan nandini nandita narayan narendra naresh nasir
    natasha naveen navya neelam neelima neena neeraj neeru neeta neha nidhi niharika nikhil nikita nilam nilesh nima nina nirav niraj nirmal
    nirmala nisha nishant nishi nita nitesh nitin nitish nitya niti nutan om omkar padma pallavi pankaj pankaja paras parag
    parth parul parvati pavan pavithra pawan payal pinki piyush pooja poonam prabha prabhakar prachi pradeep pradnya prakash
    pramila pramod pranav pranali pranay prasad prasanna prashant pratap pratibha pratik pratima praveen praveena prateek pravin prem prema
    prerna preeti preetam priti pritam prita pritha priya priyanka priyam puja pulkit puneet punit purnima pushkar pushpa radha radhika raghav
    raghu rahim rahul rahula raj raja rajani rajat rajendra rajesh rajeshwari raji rajiv rajni raju rakesh rakhi ram rama raman ramana ramani ramesh
    rameshwar ramya rana rani ranjan ranjana ranjit ranjita rashid rashmi ratan ratna raveena ravi ravina ravindra reena rekha
    renu renuka reshma reva rhea richa rima rina rinku rishabh rishi rita ritesh ritika ritu riva riya riyaz rohan rohini rohit rohita
    roma romi roshan roshni ruby ruchi ruchika rupa rupali rupesh sachin sadhana sagar sahana sahil sakshi saleem salim salma saloni
    sameer sameera samir samira samita sandeep sandhya sangita sangeet sangeeta sanjana sanjay sanjeev sanjiv sanjivani sanket santosh
    sapna sara sarala sarita saroj sarojini sarvesh satish sathya satya saurabh savita savitri seema selvi shabnam shahid shailendra
    shailesh shaila shakti shalini shama shanta shanti shankar sharad sharada sharmila shashi shashank sheetal sheela shikha shilpa
    shiv shiva shivam shivani shobha shobhit shraddha shreya shrikant shruti shubham shubha shubhangi shweta shyam shyama siddharth simran sita
    smita smriti sneha snehal soham sohan sohana sonal sonali sonam sonia sonu soumya srikanth srinivas srinivasan stuti subhash
    subodh suchitra sudha sudesh sudhir sudip sudipta sujata sujit sujith sujatha sulochana suman sumana sumanth sumit sumita sumati sumitra sunanda
    sunaina sundar sundari sunil sunila sunit sunita suraj surekha surendra suresh surya sushil sushila sushma sushmita suvarna swapna swapnil
    swara swarna swati tanmay tanu tanuja tanvi tanya tara tarun taruna tejas tejaswini trisha triveni tulsi tushar uday
    uma umesh urmila usha utkarsh uttam vaibhav vaishali vandana vanita varsha varun vasant vasanta vasanthi vasu vasudha
    veda veena venkat venkatesh venkatesan vibha vidya vijay vijaya vikas vikash vikram vimal vimala vina vinay vinaya vineet vineeta vinit vinita vinod vinoda vipin vipul virat virendra
    vishal vishnu vishwanath vivek yamini yash yasmin yashoda yashwant yogesh yogita yuvraj zain zara zeba zeenat zoya
    priyansh ravina rajan ranjani ramu kamini karuna karun ketaki kashi kushal kusha manan mona mahi mahin lalitha
    anitha sunitha sharda sameena naina nayan nayana sarika sarah david daniel james robert mary peter paul maria anna
"""
# Spellings that no rule of sound brings together, one group a line, the first of each standing for all.
_SAME_WORDS = """
    mohammed mohammad mohamed mohamad muhammad muhammed muhamad mohd md mohmad mohmed mhmd mahammad mahmad
    sheikh shaikh shaik sheik shekh shaikh seikh
    syed sayed sayyed sayyad saiyad saiyed syeed sayeed said
    hussain husain hussein husein hossain hosain hussian hosen hossen
    ahmed ahmad ahamed ahemad ahmmed ahammed
    rahman rehman rahaman rehaman
    rahim raheem rehim
    begum begam begom
    fatima fathima fatema fatma fatimah
    ayesha aisha aysha ayisha aayesha
    qureshi kureshi quraishi qureishi
    yusuf yousuf yousef yusef yusuph
    ibrahim ebrahim
    lakshmi laxmi luxmi lakshmy lakhmi lakshami latchumi latchmi
    chaudhary choudhary chowdhary chaudhari choudhari chaudhry choudhry chaudhuri choudhury chowdhury chowdhuri chaudhri chowdary
    mukherjee mukherji mukharjee mukerjee mookerjee mukerji
    chatterjee chatterji chattarji chaterjee
    banerjee banerji bannerjee banarjee
    bhattacharya bhattacharjee bhattacharyya bhattacharji bhattacharyay
    agarwal aggarwal agrawal aggrawal agarwala
    verma varma
    tiwari tewari tiwary
    pandey pande panday
    dubey dube
    srivastava srivastav shrivastava shrivastav shrivastva srivastva
    yadav yadava
    naidu nayudu
    nair nayar naiyer
    iyer ayyar iyyer aiyar ayyer iyyar
    singh sinh simha
    das dass
    goel goyal goyel
    arvind aravind arbind arabind
    jyoti joti jyothy
    aishwarya ishwarya eshwarya
    shyam sham
    krishna krushna
    abdul abdool
    sandeep sandip
    subramanian subramaniam subramanyam subramaniyan subramanyan
    chakraborty chakrabarti chakravarty chakravarti chakravarthy chakrabarty
    bose basu
    dutta datta dutt datt
    bhardwaj bharadwaj bhardvaj
    mandal mondal
    deshpande deshpandey
    vishwanath viswanath vishvanath
    anushka anoushka
    kailash kailas kailesh
    prakash parkash
    mahto mahato
    suresh suresha
    murthy moorthy murti
    swamy swami samy sami
    naik nayak nayik
    roy ray
    sastry shastri shastry
    subrata subroto
    paramita paromita
    rao rau rav raav ravu
    gowda gouda gauda gaud gaudu
"""

TITLES: Final = frozenset(_TITLES.split())
NAMELIKE_TITLES: Final = frozenset(_NAMELIKE_TITLES.split())
COURTESIES: Final = frozenset(_COURTESIES.split())
GENERIC_WORDS: Final = frozenset(_GENERIC.split())
FAMILY_WORDS: Final = frozenset(_FAMILY_WORDS.split())
GIVEN_NAMES: Final = frozenset(_GIVEN_NAMES.split())
SAME_WORDS: Final = tuple(tuple(line.split()) for line in _SAME_WORDS.strip().splitlines())
